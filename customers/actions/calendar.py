"""A month of absences, day by day, with week numbers and Swedish public holidays."""

import calendar
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from customers.models import Absence, Customer, StaffMember
from smartsvar.clock import STOCKHOLM
from smartsvar.paging import openable
from smartsvar.workdays import public_holidays

FIRST, LAST = date(2000, 1, 1), date(2099, 12, 1)


@dataclass(frozen=True)
class Entry:
    """One person's absence on one day; `hours` is "" for the whole day."""

    absence: Absence
    person: StaffMember
    hours: str


@dataclass
class Day:
    """A day of the grid; one of a neighbouring month only fills its week."""

    date: date
    inside: bool
    today: bool
    holiday: str
    entries: list[Entry] = field(default_factory=list)

    @property
    def free(self) -> bool:
        """Whether it is printed in red: a Sunday or a public holiday."""
        return bool(self.holiday) or self.date.weekday() == 6


@dataclass(frozen=True)
class Week:
    """A week from Monday, by its number (ISO 8601, as Swedes count)."""

    number: int
    days: list[Day]


@dataclass(frozen=True)
class Month:
    """A month's weeks. `before` and `after`: the months beside it, None at the ends of time."""

    first: date
    weeks: list[Week]
    before: date | None
    after: date | None

    @property
    def empty(self) -> bool:
        return not any(day.entries for week in self.weeks for day in week.days)


def month_named(text: str, today: date) -> date:
    """Return the first day of the month "2026-11"; today's for anything else."""
    try:
        found = datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007
    except ValueError:
        return today.replace(day=1)
    return min(max(found, FIRST), LAST)


def month_of(
    customer: Customer, first: date, people: Sequence[StaffMember], *, today: date, language: str,
    only: UUID | None = None,
) -> Month:  # fmt: skip
    """Return the month that begins on `first`, with what is known of these people.

    One query for all absences, and none per day or person.
    """
    dates = list(calendar.Calendar().itermonthdates(first.year, first.month))
    named = public_holidays(first.year, language)
    days = {
        each: Day(each, each.month == first.month, each == today, named.get(each, ""))
        for each in dates
    }
    _fill(days, customer, first, people, only)
    rows = [dates[start : start + 7] for start in range(0, len(dates), 7)]
    weeks = [Week(row[0].isocalendar().week, [days[each] for each in row]) for row in rows]
    following = _following(first)
    before = None if first <= FIRST else (first - timedelta(days=1)).replace(day=1)
    return Month(first, weeks, before, None if first >= LAST else following)


def _fill(
    days: dict[date, Day], customer: Customer, first: date, people: Sequence[StaffMember],
    only: UUID | None,
) -> None:  # fmt: skip
    known: dict[Any, StaffMember] = {person.pk: person for person in people}
    places = {identity: place for place, identity in enumerate(known)}
    start, end = _midnight(first), _midnight(_following(first))
    rows = Absence.objects.of(customer).overlapping(start, end).order_by("starts_at", "id")
    found = openable(list(rows if only is None else rows.filter(staff_id=only)))
    for absence in sorted(found, key=lambda each: places.get(each.staff_id, 0)):
        if absence.staff_id in known:
            person = known[absence.staff_id]
            for day, hours in _spread(absence, start, end):
                days[day].entries.append(Entry(absence, person, hours))


def _spread(absence: Absence, start: datetime, end: datetime) -> Iterator[tuple[date, str]]:
    """Yield each day of [start, end) that the absence touches, with its hours on that day."""
    begins = max(absence.starts_at, start).astimezone(STOCKHOLM)
    ends = min(absence.ends_at or end, end).astimezone(STOCKHOLM)
    day = begins.date()
    while _midnight(day) < ends:
        dawn, dusk = _midnight(day), _midnight(day + timedelta(days=1))
        first, last = max(begins, dawn), min(ends, dusk)
        whole = first == dawn and last == dusk
        until = "24:00" if last == dusk else f"{last:%H:%M}"
        yield day, "" if whole else f"{first:%H:%M}–{until}"
        day += timedelta(days=1)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=STOCKHOLM)


def _following(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)
