"""What is new at the customer."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from customers.access import member_page
from customers.models import Customer, Member
from messages.models import PhoneMessage
from recordings.models import Recording
from smartsvar.paging import openable

SHOWN = 6


@require_safe
@member_page()
def overview(request: HttpRequest, member: Member) -> HttpResponse:
    customer = member.customer
    calls = Recording.objects.of(customer).select_related("staff").newest_first()[:SHOWN]
    context = {
        "member": member,
        "calls": openable(list(calls)),
        "inbox": _newest_messages(customer),
        "unread": PhoneMessage.objects.of(customer).unread().count(),
    }
    return render(request, "portal/overview.html", context)


def _newest_messages(customer: Customer) -> list[PhoneMessage]:
    """Unread messages that could not be delivered come first: only here will they be seen."""
    rows = PhoneMessage.objects.of(customer).select_related("staff").prefetch_related("deliveries")
    urgent = openable(list(rows.unread().undelivered(customer).newest_first()[:SHOWN]))
    newest = openable(list(rows.newest_first()[:SHOWN]))
    known = {each.id for each in urgent}
    return [*urgent, *(each for each in newest if each.id not in known)][:SHOWN]
