"""A customer of any size: calls, messages, staff, absences, members, and what it asked for."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from customers.actions.members import join
from customers.models import Absence, Customer, Member, Role, StaffMember, Target, User
from messages.models import Delivery, PhoneMessage
from privacy.models import Case, CaseKind, CaseState, Erasure, Export
from recordings.models import GrantKind, ListeningGrant, Recording, State
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import STOCKHOLM, database_now

BATCH = 1000
CALLERS = 500  # numbers that call again and again
OPEN = 5  # requests that are not answered yet
MINUTE = timedelta(minutes=1)


def administrator_of(customer: Customer) -> Member:
    """Return a person's membership of the customer, as its administrator."""
    return _member(customer, f"chef-{customer.number}", Role.ADMINISTRATOR)


def _member(customer: Customer, name: str, role: Role) -> Member:
    user = User.objects.create(email=f"{name}@mat.example", password="!")
    return join(customer, user, role=role, name=f"Mats {name}", at=database_now())


def fill(customer: Customer, by: Member, count: int, people: int) -> None:
    """Make `count` of everything a minute apart, and `people` on the register and as members."""
    at = database_now()
    staff = _make(people, lambda place: _person(customer, place))

    def of(place: int) -> dict[str, Any]:
        return {"customer": customer, "staff": staff[place % people]}

    _make(count, lambda place: _call(of(place), place, at))
    messages = _make(count, lambda place: _message(of(place), place, at))
    _make(count, lambda place: _delivery(messages[place], at))
    _make(count, lambda place: _absence(of(place), place, at))
    _make(count, lambda place: _grant(customer, by, place, at))
    _make(count, lambda place: _request(customer, by, place, at))
    _make(count, lambda place: _export(customer, by, place, at))
    _make(count, lambda place: _erasure(customer, by, place, at))
    _make(count, lambda place: _trace(customer, by, messages[place], at))
    for place in range(people // 10):
        _member(customer, f"nr-{place}-{customer.number}", Role.READER)


def _make(count: int, one: Callable[[int], Any]) -> list[Any]:
    """Insert `count` rows as `one` makes them, and return them."""
    rows = [one(place) for place in range(count)]
    for first in range(0, count, BATCH):
        type(rows[0]).objects.bulk_create(rows[first : first + BATCH])
    return rows


def _person(customer: Customer, place: int) -> StaffMember:
    made = StaffMember(customer=customer)
    made.name, made.title = f"Person Nummer {place}", "Säljare"
    return made


def _caller(place: int) -> str:
    return f"+46701{740_000 + place % CALLERS}"


def _call(of: dict[str, Any], place: int, at: datetime) -> Recording:
    begun = at - place * MINUTE
    made = Recording(
        **of, state=State.LIVE, started_at=begun, ended_at=begun, received_at=at, size=960_044,
        duration_ms=60_000, audio_format="wav",
    )  # fmt: skip
    made.caller_name, made.caller_number = f"Uppringare Nummer {place}", _caller(place)
    made.due_at = made.derive_due()
    return made


def _message(of: dict[str, Any], place: int, at: datetime) -> PhoneMessage:
    made = PhoneMessage(**of, taken_at=at - place * MINUTE, received_at=at)
    made.matter, made.caller_number = f"Ärende {place}: ring om taket", _caller(place)
    made.caller_name = f"Uppringare Nummer {place}"
    made.due_at = made.derive_due()
    return made


def _delivery(message: PhoneMessage, at: datetime) -> Delivery:
    state = Delivery.State.ACCEPTED
    made = Delivery(
        customer=message.customer, message=message, channel="email", state=state, created_at=at
    )
    made.address = "stina@mat.example"
    return made


def _absence(of: dict[str, Any], place: int, at: datetime) -> Absence:
    # The fortnights before and after; the first few, which every customer has, are in force.
    start = at + ((place + 356) % 720 - 360) * timedelta(hours=1)
    made = Absence(**of, starts_at=start, ends_at=start + timedelta(hours=8))
    made.due_at = made.derive_due()
    return made


def _grant(customer: Customer, by: Member, place: int, at: datetime) -> ListeningGrant:
    begun = at - place * MINUTE
    made = ListeningGrant(
        customer=customer, kind=GrantKind.PERIOD, calls_from=begun, calls_before=at,
        begins_at=begun, ends_at=at + MINUTE if place < 2 else at - MINUTE, granted_by=by.id,
    )  # fmt: skip
    made.reason = "Det knastrar"
    return made


def _request(customer: Customer, by: Member, place: int, at: datetime) -> Case:
    day = (at - place * MINUTE).astimezone(STOCKHOLM).date()
    made = Case(
        customer=customer, number=customer.number * 100_000 + place, kind=CaseKind.ACCESS,
        target=Target.CALLER, received_on=day, answer_by=day + timedelta(days=30),
        opened_by_kind="member", opened_by=by.id,
    )  # fmt: skip
    made.caller, made.requester = _caller(place), f"Uppringare Nummer {place}"
    if place >= OPEN:
        made.state, made.closed_at = CaseState.GRANTED, at - place * MINUTE
    return made


def _export(customer: Customer, by: Member, place: int, at: datetime) -> Export:
    made = Export(
        customer=customer, target=Target.CALLER, asked_at=at - place * MINUTE, state="ready",
        asked_by_kind="member", asked_by=by.id, ready_at=at,
    )  # fmt: skip
    made.caller = _caller(place)
    made.due_at = at + timedelta(days=7)
    return made


def _erasure(customer: Customer, by: Member, place: int, at: datetime) -> Erasure:
    asked = at - place * MINUTE
    made = Erasure(
        customer_id=customer.id, target=Target.CALLER, asked_at=asked, starts_at=asked,
        closed_at=at, state="done", asked_by_kind="member", asked_by=by.id,
    )  # fmt: skip
    made.caller = ""
    return made


def _trace(customer: Customer, by: Member, thing: PhoneMessage, at: datetime) -> AuditEntry:
    return AuditEntry(
        customer_id=customer.id, actor_kind="member", actor_id=by.id, verb="phonemessage.read",
        object_model=thing._meta.label, object_id=thing.pk, at=thing.taken_at,
    )  # fmt: skip
