"""The caller finder on Mina Sidor."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from customers.access import administers, member_page
from customers.actions.looks import note_sought
from customers.models import Member
from privacy.finder import find_caller
from privacy.forms.erasures import CallerForm
from smartsvar.clock import database_now


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(may=administers, restricted=True)
def find(request: HttpRequest, member: Member) -> HttpResponse:
    """The number comes in the body: it is in no address, history or log."""
    form = CallerForm(request.POST or None)
    context = {"member": member, "form": form}
    if request.method == "POST" and form.is_valid():
        customer = member.customer
        context["found"] = find_caller(customer, form.cleaned_data["caller"])
        note_sought(customer, by=member, at=database_now())
    return render(request, "privacy/find.html", context)
