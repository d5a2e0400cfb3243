"""A call: its recording, its messages, and who has listened."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from customers.access import fetch_visible, member_page
from customers.models import Member
from messages.models import PhoneMessage
from recordings.actions import show_recording
from recordings.models import Recording
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import database_now
from smartsvar.paging import openable
from smartsvar.portal.trail import Teller
from smartsvar.portal.waveform import waveform

LISTENINGS = 20
HEARD = ("recording.played", "recording.downloaded")  # whoever downloads may have listened


@require_safe
@member_page()
def call(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    customer = member.customer
    recording = fetch_visible(Recording.objects.select_related("staff"), member, identity)
    show_recording(recording, by=member, at=database_now())
    played = AuditEntry.objects.of(customer.id).filter(object_id=recording.id, verb__in=HEARD)
    heard = list(played[: LISTENINGS + 1])
    context = {
        "member": member,
        "recording": recording,
        "waveform": waveform(recording.peaks),
        "inbox": _messages_of(recording, member),
        "listenings": Teller(member).tell(heard[:LISTENINGS]),
        "latest": LISTENINGS if len(heard) > LISTENINGS else None,
    }
    return render(request, "portal/call.html", context)


def _messages_of(recording: Recording, member: Member) -> list[PhoneMessage]:
    """The messages that came out of this call, by the call's id."""
    if not recording.call_id:
        return []
    rows = PhoneMessage.objects.visible_to(member).of_call(member.customer, recording.call_id)
    told = rows.select_related("staff", "assigned_to").with_delivery()
    return openable(list(told.newest_first()))
