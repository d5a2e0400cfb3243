"""Replace an e-mail address everywhere it stands: first where that is, then the deed."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages as flash
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods

from customers.access import administers, member_page
from customers.actions.addresses import replace_address, where_stands
from customers.models import Customer, Member, StaffMember
from messages.readdressing import readdress, waiting_for
from smartsvar.audit.trail import record
from smartsvar.clock import database_now
from smartsvar.counts import grouped
from smartsvar.plain_text import PlainText


class SwapForm(PlainText, forms.Form):
    """The address that stands there, and the one that takes its place."""

    old = forms.EmailField(
        label=gettext_lazy("The address to replace"), max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    new = forms.EmailField(
        label=gettext_lazy("The address that takes its place"), max_length=254,
        help_text=gettext_lazy("A functional one, such as info@: it outlives who leaves."),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, old: str = "") -> None:
        super().__init__(data, initial={"old": old}, label_suffix="")

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if found.get("old") and found["old"] == found.get("new"):
            self.add_error("new", _("That is the same address."))
        return found


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(may=administers)
def address_swap(request: HttpRequest, member: Member) -> HttpResponse:
    form = SwapForm(request.POST or None, old=_address_of(member.customer, request))
    context: dict[str, Any] = {"member": member, "form": form}
    if request.method == "POST" and form.is_valid():
        old, new = form.cleaned_data["old"], form.cleaned_data["new"]
        if "confirmed" in request.POST:
            flash.success(request, _done(*_swap(member, old, new)))
            return redirect("customers:staff_list", member.customer.number)
        context |= {
            "standing": where_stands(member.customer, old),
            "waiting": len(waiting_for(member.customer, old)),
        }
    return render(request, "portal/address_swap.html", context)


def _done(places: int, mails: int) -> str:
    where = ngettext("%(count)s place", "%(count)s places", places) % {"count": grouped(places)}
    waiting = ngettext("%(count)s waiting message", "%(count)s waiting messages", mails)
    done = _("The address is replaced: %(places)s, %(waiting)s.")
    return done % {"places": where, "waiting": waiting % {"count": grouped(mails)}}


def _swap(member: Member, old: str, new: str) -> tuple[int, int]:
    """Replace it; return in how many places of the register and account, and of what waits."""
    at = database_now()
    with transaction.atomic():
        customer = Customer.objects.select_for_update(no_key=True).get(pk=member.customer_id)
        found = replace_address(customer, old, new, by=member, at=at)
        mails = readdress(customer, old, new)
        record("customer.address_swapped", customer, by=member, customer_id=customer.pk, at=at)
    return found.places, mails


def _address_of(customer: Customer, request: HttpRequest) -> str:
    """Return the address of whom the link names, or the company's: no address is in a link."""
    if "account" in request.GET:
        return str(customer.email)
    try:
        identity = UUID(request.GET.get("person", ""))
    except ValueError:
        return ""
    person = StaffMember.objects.of(customer).filter(pk=identity).first()
    return person.email if person else ""
