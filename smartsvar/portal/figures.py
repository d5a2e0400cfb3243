"""What the first page says in figures: calls and messages per day, and what is deleted soon.

Counts alone, remembered for a minute for all who are shown the same; never a row's content.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import Count, Min
from django.db.models.functions import TruncDate

from customers.models import Member
from messages.models import PhoneMessage
from recordings.models import Recording
from smartsvar.clock import STOCKHOLM

DAYS = 14  # in the chart, today among them
SOON = timedelta(days=7)
REMEMBERED = 60  # seconds
TALLEST = 48  # units of the drawing, of the busiest day
WIDE = 20  # units from one day to the next


@dataclass(frozen=True)
class Day:
    """One day in Sweden: how many calls and messages, and where their bars stand in the drawing."""

    day: date
    calls: int
    letters: int
    x: int
    calls_height: int
    letters_height: int

    @property
    def calls_top(self) -> int:
        return TALLEST - self.calls_height

    @property
    def letters_x(self) -> int:
        return self.x + WIDE // 2 - 1

    @property
    def letters_top(self) -> int:
        return TALLEST - self.letters_height


@dataclass(frozen=True)
class Figures:
    """Of what a member is shown: the last days, oldest first, and what is deleted within SOON."""

    days: list[Day]
    going: int
    going_from: datetime | None

    @property
    def calls(self) -> int:
        return sum(each.calls for each in self.days)

    @property
    def letters(self) -> int:
        return sum(each.letters for each in self.days)


def figures_for(member: Member, at: datetime) -> Figures:
    """Return the figures of all that this member is shown, at most REMEMBERED seconds old."""
    shown = "all" if member.sees_all else str(member.staff_id)
    name = f"figures:{member.customer_id}:{shown}"
    known: Figures | None = cache.get(name)
    if known is None:
        known = _figures(member, at)
        cache.set(name, known, REMEMBERED)
    return known


def _figures(member: Member, at: datetime) -> Figures:
    calls, letters = (model.objects.visible_to(member) for model in (Recording, PhoneMessage))
    soon = [_soon(rows, at + SOON) for rows in (calls, letters)]
    firsts = [each["first"] for each in soon if each["first"]]
    today = at.astimezone(STOCKHOLM).date()
    per_day = [_per_day(calls, "started_at", today), _per_day(letters, "taken_at", today)]
    return Figures(
        _days(today, *per_day), sum(each["count"] for each in soon), min(firsts, default=None)
    )


def _soon(rows: Any, until: datetime) -> dict[str, Any]:
    found: dict[str, Any] = rows.filter(due_at__lt=until, held=False).aggregate(
        count=Count("pk"), first=Min("due_at")
    )
    return found


def _per_day(rows: Any, moment: str, today: date) -> dict[date, int]:
    """Return how many there are of each of the last days, by that moment."""
    first = today - timedelta(days=DAYS - 1)
    start = datetime.combine(first, datetime.min.time(), tzinfo=STOCKHOLM)
    recent = rows.filter(**{f"{moment}__gte": start}).order_by()
    days = recent.annotate(day=TruncDate(moment, tzinfo=STOCKHOLM)).values_list("day")
    return dict(days.annotate(count=Count("pk")))


def _days(today: date, calls: dict[date, int], letters: dict[date, int]) -> list[Day]:
    most = max([1, *calls.values(), *letters.values()])
    found = []
    for place in range(DAYS):
        day = today - timedelta(days=DAYS - 1 - place)
        counts = calls.get(day, 0), letters.get(day, 0)
        heights = [-(-count * TALLEST // most) for count in counts]  # upwards: one is to be seen
        found.append(Day(day, *counts, place * WIDE, *heights))
    return found
