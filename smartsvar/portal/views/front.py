"""The first page, and the way to one's customer."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from customers.access import memberships_of
from customers.actions.staff import sort_key
from customers.labels import company_label
from customers.models import User


@require_safe
def front(request: HttpRequest) -> HttpResponse:
    return render(request, "portal/front.html")


@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    """Choose a customer; straight on if there is one; support staff belong elsewhere."""
    if isinstance(request.user, User) and request.user.is_staff:
        return redirect("/admin/")
    members = sorted(
        memberships_of(request.user), key=lambda each: sort_key(company_label(each.customer))
    )
    if len(members) == 1:
        return redirect("portal:overview", members[0].customer.number)
    return render(request, "portal/home.html", {"members": members})
