"""What the customer decides about its data."""

from django.contrib import messages as flash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from customers.access import administers, member_page
from customers.actions.accounts import count_due_with, shorten_recordings
from customers.forms.settings import RetentionForm
from customers.models import Member
from smartsvar.clock import database_now


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(may=administers)
def settings(request: HttpRequest, member: Member) -> HttpResponse:
    """A shorter time is saved only after a page that has said how many recordings it deletes."""
    form = RetentionForm(request.POST or None, customer=member.customer)
    if request.method != "POST" or not form.is_valid():
        return render(request, "customers/settings.html", {"member": member, "form": form})
    days, at = form.cleaned_data["recording_days"], database_now()
    if form.shortens and "confirmed" not in request.POST:
        doomed = count_due_with(member.customer, days, at=at)
        return render(
            request,
            "customers/settings_confirm.html",
            {"member": member, "days": days, "older": doomed},
        )
    if days != member.customer.recording_days:
        shorten_recordings(member.customer, days, by=member, at=at)
    flash.success(request, _("The settings are saved."))
    return redirect("customers:settings", member.customer.number)
