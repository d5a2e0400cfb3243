"""A month of absences, day by day, with week numbers and Swedish public holidays.

Only what is shown is opened: a few of each day, or one day's as a list in pages.
"""

import calendar
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from uuid import UUID

from customers.models import Absence, Customer, StaffMember
from smartsvar.clock import STOCKHOLM
from smartsvar.paging import openable
from smartsvar.workdays import public_holidays

FIRST, LAST = date(2000, 1, 1), date(2099, 12, 1)
OF_A_DAY = 4  # entries of a day in the grid: with more, a month would weigh what its people do


@dataclass(frozen=True)
class Entry:
    """One person's absence on one day; `hours` is "" for the whole day."""

    absence: Absence
    person: StaffMember
    hours: str


class _Place(NamedTuple):
    """Where an entry stands on its day: by the register's order, then by the absence's start."""

    order: int
    absence: UUID
    hours: str


@dataclass
class Day:
    """A day of the grid; one of a neighbouring month only fills its week."""

    date: date
    inside: bool
    today: bool
    holiday: str
    places: list[_Place] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)

    @property
    def free(self) -> bool:
        """Whether it is printed in red: a Sunday or a public holiday."""
        return bool(self.holiday) or self.date.weekday() == 6

    @property
    def more(self) -> int:
        """How many are away beside those of the grid."""
        return max(0, len(self.places) - OF_A_DAY)


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
        return not any(day.places for week in self.weeks for day in week.days)

    def day(self, named: str) -> Day | None:
        """Return the day "2026-11-05" of this month; None for anything else."""
        inside = (day for week in self.weeks for day in week.days if day.inside)
        return next((day for day in inside if day.date.isoformat() == named), None)


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
    """Return the month that begins on `first`, with who of these people is away when.

    One query for all absences, and none per day or person. No entry is opened: see `opened`.
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
    order = {person.pk: place for place, person in enumerate(people)}
    start, end = _midnight(first), _midnight(_following(first))
    rows = Absence.objects.of(customer).overlapping(start, end).order_by("starts_at", "id")
    rows = rows if only is None else rows.filter(staff_id=only)
    for identity, staff, begins, ends in rows.values_list("id", "staff_id", "starts_at", "ends_at"):
        if staff in order:
            for day, hours in _spread(begins, ends, start, end):
                days[day].places.append(_Place(order[staff], identity, hours))
    for day_of_month in days.values():
        day_of_month.places.sort(key=lambda place: place.order)


def fill_grid(month: Month, customer: Customer, people: Sequence[StaffMember]) -> None:
    """Open the first OF_A_DAY entries of each day; one query for all."""
    days = [day for week in month.weeks for day in week.days]
    shown = [place for day in days for place in day.places[:OF_A_DAY]]
    entries = opened(shown, customer, people)
    for day in days:
        found = (entries.get(place) for place in day.places[:OF_A_DAY])
        day.entries = [entry for entry in found if entry is not None]


def opened(
    places: Iterable[_Place], customer: Customer, people: Sequence[StaffMember]
) -> dict[_Place, Entry]:
    """Return the entry of each place, but of an absence that does not open; one query for all."""
    wanted = list(places)
    ids = {place.absence for place in wanted}
    rows = openable(list(Absence.objects.of(customer).filter(id__among=list(ids))))
    known = {absence.pk: absence for absence in rows}
    return {
        place: Entry(known[place.absence], people[place.order], place.hours)
        for place in wanted
        if place.absence in known
    }


def _spread(
    begins: datetime, ends: datetime | None, start: datetime, end: datetime
) -> Iterator[tuple[date, str]]:
    """Yield each day of [start, end) that an absence touches, with its hours on that day."""
    begins = max(begins, start).astimezone(STOCKHOLM)
    ends = min(ends or end, end).astimezone(STOCKHOLM)
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
