"""A message in full: what was said, whether it reached anybody, and its call."""

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from customers.access import fetch_visible, member_page
from customers.models import Member
from messages.actions import read_message
from messages.forms import AssignForm, NoteForm
from messages.models import Delivery, PhoneMessage
from messages.proof import TONES, Step, story_of
from recordings.models import Recording
from smartsvar.clock import database_now
from smartsvar.paging import openable
from smartsvar.portal.waveform import waveform


@require_safe
@member_page()
def message(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    people = PhoneMessage.objects.select_related("staff", "assigned_to", "handled_by")
    found = fetch_visible(people, member, identity)
    if request.method == "GET":  # HEAD shows nothing
        read_message(found, by=member, at=database_now())
    recording = _recording_of(found, member)
    context = {
        "member": member,
        "phone_message": found,
        "deliveries": _stories_of(found),
        "notes": openable(list(found.notes.select_related("author").order_by("written_at", "id"))),
        "assigning": AssignForm(message=found),
        "noting": NoteForm(),
        "recording": recording,
        "waveform": waveform(recording.peaks) if recording else "",
    }
    return render(request, "portal/message.html", context)


@dataclass(frozen=True)
class Story:
    """A delivery, and what has become of it."""

    delivery: Delivery
    steps: list[Step]

    @property
    def stopped(self) -> bool:
        """Whether it waits only because its reader is restricted (article 18)."""
        return self.delivery.state == Delivery.State.QUEUED and any(
            person is not None and person.restricted
            for person in (self.delivery.staff, self.delivery.member)
        )

    @property
    def tone(self) -> str:
        """How its last state is coloured; the state itself is said in words."""
        return TONES.get(Delivery.State(self.delivery.state), "")


def _stories_of(message: PhoneMessage) -> list[Story]:
    """The message's deliveries, newest first."""
    rows = message.deliveries.select_related("staff", "member", "asked_by")
    newest_first = rows.order_by("-created_at", "-id")
    return [Story(each, story_of(each)) for each in openable(list(newest_first))]


def _recording_of(message: PhoneMessage, member: Member) -> Recording | None:
    if not message.call_id:
        return None
    rows = Recording.objects.visible_to(member).of_call(member.customer, message.call_id)
    return next(iter(openable(list(rows.newest_first()[:1]))), None)
