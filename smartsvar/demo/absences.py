"""Who of the demo's people is away, around the day on which the demo was filled."""

from datetime import datetime, timedelta

from customers.actions.absences import AbsenceFacts, add_absence
from customers.models import Member, StaffMember
from smartsvar.clock import STOCKHOLM
from smartsvar.demo.fiction import ABSENCES


def note_absences(person: StaffMember, by: Member, *, now: datetime) -> None:
    """Note the person's absences, if the fiction tells of any."""
    today = now.astimezone(STOCKHOLM).replace(hour=0, minute=0, second=0, microsecond=0)
    for kind, start, end, text in ABSENCES.get(person.name, ()):
        facts = AbsenceFacts(
            starts_at=_later(today, start),
            ends_at=None if end is None else _later(today, end),
            kind=kind,
            text=text,
        )
        add_absence(person, facts, by=by, at=now)


def _later(midnight: datetime, days: float) -> datetime:
    """Return a wall-clock time: whole days keep their midnight over a change of the clocks."""
    return midnight + timedelta(days=days)
