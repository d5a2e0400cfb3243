"""Note when somebody is away, change it, end it, take it back."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.db import transaction

from customers.models import Absence, Customer, Kind, StaffMember
from smartsvar.audit.actors import Acting
from smartsvar.audit.trail import record
from smartsvar.shredding.actions import shred
from smartsvar.shredding.models import Gone

ABSENCE_LIMIT = 500  # per person: a calendar opens all of a month's


class TooManyAbsences(Exception):
    """The person has ABSENCE_LIMIT absences."""


class LongOver(Exception):
    """It ended so long ago that it would be deleted at once."""


@dataclass(frozen=True, kw_only=True)
class AbsenceFacts:
    """Away from `starts_at` until just before `ends_at`; None: until somebody ends it."""

    starts_at: datetime
    ends_at: datetime | None = None
    kind: str = Kind.OTHER
    text: str = ""


def in_order(start: datetime, end: datetime | None) -> bool:
    """Whether it ends after it begins, in time: two local clocks would be compared by the dial."""
    return end is None or end.astimezone(UTC) > start.astimezone(UTC)


def _fill(absence: Absence, facts: AbsenceFacts, at: datetime) -> None:
    if not in_order(facts.starts_at, facts.ends_at):
        raise ValueError("An absence ends after it begins.")
    absence.starts_at, absence.ends_at = facts.starts_at, facts.ends_at
    absence.kind, absence.text = str(facts.kind), facts.text
    due = absence.derive_due()
    if due is not None and due <= at:
        raise LongOver


def add_absence(
    person: StaffMember,
    facts: AbsenceFacts,
    *,
    by: Acting,
    at: datetime,
    settle: Callable[[UUID], None] | None = None,
) -> Absence:
    """Note an absence; `settle` gets its id in the transaction.

    Raises Gone for somebody who is being removed, TooManyAbsences, LongOver, and ValueError when
    it ends before it begins.
    """
    absence = Absence(customer_id=person.customer_id, staff=person, created_at=at)
    _fill(absence, facts, at)
    with transaction.atomic():
        _hold(person)
        if Absence._base_manager.filter(staff=person).count() >= ABSENCE_LIMIT:
            raise TooManyAbsences
        absence.save(force_insert=True)
        record("absence.added", absence, by=by, customer_id=absence.customer_id, at=at)
        if settle is not None:
            settle(absence.pk)
    return absence


def _hold(person: StaffMember) -> None:
    """Keep the person from being removed until commit: an absence must not be left alone."""
    living = StaffMember._base_manager.filter(pk=person.pk, shred_job_id=None)
    if not living.select_for_update(no_key=True).values_list("pk"):
        raise Gone


def change_absence(absence: Absence, facts: AbsenceFacts, *, by: Acting, at: datetime) -> None:
    """Change when, why, or what is told. Raises LongOver, ValueError, Gone."""
    _fill(absence, facts, at)
    with transaction.atomic():
        absence.save()
        record("absence.changed", absence, by=by, customer_id=absence.customer_id, at=at)


def end_absence(absence: Absence, *, by: Acting, at: datetime) -> None:
    """Say that the person is back: it ends now. One that has ended or not begun stays as it is."""
    over = absence.ends_at is not None and absence.ends_at <= at
    if over or absence.starts_at >= at:
        return
    with transaction.atomic():
        absence.ends_at = at
        absence.save(update_fields=["ends_at"])
        record("absence.changed", absence, by=by, customer_id=absence.customer_id, at=at)


def remove_absence(absence: Absence, *, by: Acting) -> None:
    """Take an absence out of the calendar, for good. Raises Held."""
    shred([absence], by=by)


def absences_of(person: StaffMember, at: datetime) -> list[Absence]:
    """Return the person's absences that are not over, the next one first."""
    customer: Customer = person.customer
    rows = Absence.objects.of(customer).filter(staff=person).overlapping(at, None)
    return list(rows.order_by("starts_at", "id"))
