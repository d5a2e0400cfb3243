"""What is new at the customer."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from customers.access import member_page
from customers.models import Customer, Member
from messages.models import PhoneMessage
from recordings.models import Recording
from smartsvar.paging import Page, openable, page_of

SHOWN = 6


@require_safe
@member_page()
def overview(request: HttpRequest, member: Member) -> HttpResponse:
    customer = member.customer
    calls = Recording.objects.of(customer).select_related("staff")
    context = {
        "member": member,
        "calls": page_of(calls, moment="started_at", size=SHOWN),
        "inbox": _newest_messages(customer),
        "unread": PhoneMessage.objects.of(customer).unread().count(),
    }
    return render(request, "portal/overview.html", context)


def _newest_messages(customer: Customer) -> Page[PhoneMessage]:
    """Unread messages that could not be delivered come first: only here will they be seen."""
    rows = PhoneMessage.objects.of(customer).select_related("staff").prefetch_related("deliveries")
    urgent = rows.unread().undelivered(customer).newest_first()[:SHOWN]
    known = {each.id: each for each in [*urgent, *rows.newest_first()[:SHOWN]]}
    shown = list(known.values())[:SHOWN]
    opened = openable(shown)
    return Page(opened, older="", newer="", left_out=len(shown) - len(opened))
