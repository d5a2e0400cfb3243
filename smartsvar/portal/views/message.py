"""A message in full: what was said, whether it reached anybody, and its call."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from customers.access import fetch_owned, member_page
from customers.models import Member
from messages.actions import read_message
from messages.models import PhoneMessage
from recordings.models import Recording
from smartsvar.clock import database_now
from smartsvar.paging import openable
from smartsvar.portal.waveform import waveform


@require_safe
@member_page()
def message(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    found = fetch_owned(PhoneMessage.objects.select_related("staff"), member.customer, identity)
    read_message(found, by=member, at=database_now())
    recording = _recording_of(found, member)
    context = {
        "member": member,
        "phone_message": found,
        "deliveries": found.deliveries.order_by("created_at"),
        "recording": recording,
        "waveform": waveform(recording.peaks) if recording else "",
    }
    return render(request, "portal/message.html", context)


def _recording_of(message: PhoneMessage, member: Member) -> Recording | None:
    if not message.call_id:
        return None
    rows = Recording.objects.of(member.customer).of_call(member.customer, message.call_id)
    return next(iter(openable(list(rows.newest_first()[:1]))), None)
