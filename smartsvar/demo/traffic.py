"""Three months of calls and messages, as if they had come in when they say."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from django.db import transaction

from customers.actions.staff import register_of
from customers.models import ApiKey, Customer, StaffMember
from messages.actions import MessageFacts, take_message
from messages.models import Delivery, PhoneMessage
from recordings.models import Recording
from recordings.receiving import CallFacts, begin_upload, receive_recording
from smartsvar.clock import STOCKHOLM
from smartsvar.demo.fiction import CALLERS, MATTERS, Company
from smartsvar.demo.voices import make_call
from smartsvar.personal_data import Keep, later

CALL_SPAN, MESSAGE_SPAN = timedelta(days=80), timedelta(days=170)
SHARED = 3  # every third call has a message too
SOON = (timedelta(minutes=12), timedelta(hours=1), timedelta(hours=7), timedelta(days=1))
# Long calls in formats that are quick to make; the others short.
LENGTHS: tuple[tuple[str, int], ...] = (
    ("wav", 47), ("alaw", 95), ("mp3", 22), ("wav", 12), ("opus", 9), ("ulaw", 180), ("flac", 31),
    ("wav", 3), ("alaw", 300), ("mp3", 41), ("wav", 128), ("opus", 14),
)  # fmt: skip
TROUBLES: dict[int, tuple[str, str]] = {
    7: (Delivery.State.FAILED, "smtp_550"),
    11: (Delivery.State.UNKNOWN, "silence"),
    15: (Delivery.State.DEAD, "no_connection"),
    19: (Delivery.State.FAILED, "smtp_554"),
}
REALLY_SENT = 1  # per customer, so that the demo's mailbox is not empty


@dataclass(frozen=True)
class Moment:
    """When something comes in: the n-th of its kind, `at`."""

    place: int
    at: datetime

    @property
    def call_id(self) -> str:
        return f"demo-{self.place:04}"

    @property
    def chance(self) -> Random:
        return Random(self.place)  # noqa: S311

    @property
    def caller(self) -> tuple[str, str, str]:
        return CALLERS[self.place % len(CALLERS)]


def moments(
    count: int, span: timedelta, keep: Keep, days: int | None, now: datetime
) -> Iterator[Moment]:
    """Yield moments from minutes ago to `span` ago, denser lately; the last few expire soon."""
    for place in range(count - len(SOON)):
        share = (place / count) ** 1.6
        yield Moment(place, _in_office_hours(now - timedelta(minutes=9) - span * share, now, place))
    for place, rest in enumerate(SOON, start=count - len(SOON)):
        yield Moment(place, start_for(now + rest, keep, days))


def _in_office_hours(moment: datetime, now: datetime, place: int) -> datetime:
    """Move to a working day between 8 and 17 in Stockholm, never past `now`."""
    if now - moment < timedelta(days=1):
        return moment
    local = moment.astimezone(STOCKHOLM)
    local -= timedelta(days=max(0, local.weekday() - 4))
    return local.replace(hour=8 + place * 5 % 9, minute=place * 17 % 60)


def start_for(due: datetime, keep: Keep, days: int | None) -> datetime:
    """Return a moment from which the period ends at `due`, or as soon after it as months allow."""

    def end(start: datetime) -> datetime:
        full = later(start, months=keep.months or 0, days=keep.days or 0)
        return full if days is None else min(full, later(start, days=days))

    start = due - timedelta(days=days or 31 * (keep.months or 0))
    while end(start) < due:
        start += due - end(start)
    return start


def receive_calls(company: Company, customer: Customer, by: ApiKey, *, now: datetime) -> None:
    """Receive the company's calls through the same action as the API does."""
    register = register_of(customer)
    keep = Recording.personal_data.keep
    span = CALL_SPAN if company.recording_days is None else timedelta(company.recording_days - 3)
    for moment in moments(company.calls, span, keep, company.recording_days, now):
        if Recording.objects.filter(customer=customer).of_call(customer, moment.call_id).exists():
            continue
        _receive(company, customer, _asked_for(register, moment), moment, by)


def _asked_for(register: list[StaffMember], moment: Moment) -> StaffMember | None:
    return None if moment.place % 4 == 3 else moment.chance.choice(register)


def _receive(
    company: Company, customer: Customer, staff: StaffMember | None, moment: Moment, by: ApiKey
) -> None:
    kind, seconds = LENGTHS[moment.place % len(LENGTHS)]
    name, _, number = moment.caller
    ended = moment.at + timedelta(seconds=seconds)
    received = min(ended + timedelta(seconds=4), moment.at + timedelta(minutes=8))
    upload = begin_upload(customer, at=received)
    upload.write(make_call(seconds, kind, seed=moment.place))
    upload.finish()
    facts = CallFacts(
        started_at=moment.at, ended_at=ended, caller_name=name, caller_number=number,
        called_number=company.called, call_id=moment.call_id, staff=staff,
    )  # fmt: skip
    receive_recording(upload, facts, by=by, at=received)


def take_messages(company: Company, customer: Customer, by: ApiKey, *, now: datetime) -> None:
    """Take the company's messages; only the newest few are really sent."""
    register = register_of(customer)
    keep = PhoneMessage.personal_data.keep
    calls = {each.call_id: each.started_at for each in Recording.objects.filter(customer=customer)}
    for moment in moments(company.messages, MESSAGE_SPAN, keep, None, now):
        identity = moment.call_id if moment.place % SHARED == 0 else f"demo-m{moment.place:04}"
        if PhoneMessage.objects.filter(customer=customer).of_call(customer, identity).exists():
            continue
        if identity in calls and moment.place < company.calls - len(SOON):
            moment = Moment(moment.place, calls[identity] + timedelta(minutes=2))  # noqa: PLW2901
        with transaction.atomic():
            message = _take(company, customer, _asked_for(register, moment), moment, identity, by)
            if moment.place >= REALLY_SENT:
                _settle_long_ago(message, moment)


def _take(
    company: Company, customer: Customer, staff: StaffMember | None, moment: Moment,
    identity: str, by: ApiKey,
) -> PhoneMessage:  # fmt: skip
    name, firm, number = moment.caller
    facts = MessageFacts(
        matter=MATTERS[moment.place % len(MATTERS)], taken_at=moment.at, caller_name=name,
        caller_company=firm, caller_number=number, called_number=company.called,
        caller_email="kontakt@attrapp.example" if firm.startswith("Attrapp") else "",
        call_id=identity, staff=staff,
    )  # fmt: skip
    return take_message(customer, facts, by=by, at=moment.at + timedelta(seconds=20))


def _settle_long_ago(message: PhoneMessage, moment: Moment) -> None:
    """Say of the delivery what came of it then, so that no worker sends it now."""
    state, error = TROUBLES.get(moment.place, (Delivery.State.ACCEPTED, ""))
    settled = message.received_at + timedelta(seconds=3)
    Delivery.objects.filter(message=message).update(
        state=state, error=error, attempts=1, fence=1, settled_at=settled
    )
    if moment.place > REALLY_SENT + 2:
        read = message.received_at + timedelta(hours=1 + moment.place % 5)
        PhoneMessage.objects.filter(id=message.id).update(read_at=read)
