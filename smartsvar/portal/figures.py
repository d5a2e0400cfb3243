"""What the first page says in figures: calls and messages per day, and what is deleted soon.

Counts alone, remembered for a minute for all who are shown the same; never a row's content.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import Case, Count, DateField, Min, Q, Value, When
from django.db.models.functions import TruncDate

from customers.models import Member
from customers.models.tenancy import going_soon
from messages.models import PhoneMessage
from recordings.models import Recording
from smartsvar.clock import STOCKHOLM

DAYS = 14  # in the chart, today among them
LATE = timedelta(days=31)  # what is handed over later than that is not counted as new
REMEMBERED = 60  # seconds
TALLEST = 48  # units of the drawing, of the busiest day
WIDE = 20  # units from one day to the next
KINDS = [str(model._meta.model_name) for model in (Recording, PhoneMessage)]


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


@dataclass(frozen=True)
class News:
    """How much nobody has read, and how much came since somebody had signed in before."""

    unread: int
    calls: int
    letters: int


Counted = list[dict[str, Any]]


def counted(member: Member, since: datetime | None, at: datetime) -> tuple[News, Figures]:
    """Return what is new and the figures of all that this member is shown, in one query.

    The figures are at most REMEMBERED seconds old; while they are remembered only what is unread
    or new is counted. `since` None: there is no time before, so nothing is new.
    """
    shown = "all" if member.sees_all else str(member.staff_id)
    name = f"figures:{member.customer_id}:{shown}"
    known: Figures | None = cache.get(name)
    today = at.astimezone(STOCKHOLM).date()
    rows = _count(member, since, at, first=None if known else today - timedelta(days=DAYS - 1))
    if known is None:
        known = _figures(rows, today)
        cache.set(name, known, REMEMBERED)
    return _news(rows), known


def figures_for(member: Member, at: datetime) -> Figures:
    """Return the figures of all that this member is shown, at most REMEMBERED seconds old."""
    return counted(member, None, at)[1]


def _count(member: Member, since: datetime | None, at: datetime, first: date | None) -> Counted:
    """Return counts by kind and day: all that is shown, or only what is news when `first` is None.

    day: in Sweden, from `first` on; None for all before.
    """
    never = Q(pk__in=[])
    parts: list[Any] = []
    for model, moment in ((Recording, "started_at"), (PhoneMessage, "taken_at")):
        unread = Q(read_at=None) if model is PhoneMessage else never
        new = never if since is None else _new(moment, since)
        rows = model.objects.visible_to(member).order_by()
        day = _day(moment, first) if first else Value(None, output_field=DateField())
        going = going_soon(member.customer, at)
        parts.append(
            (rows if first else rows.filter(unread | new))
            .values(kind=Value(model._meta.model_name), day=day)
            .annotate(
                count=Count("pk"), unread=Count("pk", filter=unread), new=Count("pk", filter=new),
                going=Count("pk", filter=going), going_from=Min("due_at", filter=going),
            )
        )  # fmt: skip
    return list(parts[0].union(parts[1], all=True))


def _new(moment: str, since: datetime) -> Q:
    """What came since then, also of a call that had begun before, or was handed over late."""
    return Q(**{"received_at__gt": since, f"{moment}__gt": since - LATE})


def _day(moment: str, first: date) -> Case:
    start = datetime.combine(first, datetime.min.time(), tzinfo=STOCKHOLM)
    recent = When(**{f"{moment}__gte": start}, then=TruncDate(moment, tzinfo=STOCKHOLM))
    return Case(recent, default=None, output_field=DateField())


def _news(rows: Counted) -> News:
    unread = sum(each["unread"] for each in rows)
    return News(unread, *(sum(each["new"] for each in _of(rows, kind)) for kind in KINDS))


def _figures(rows: Counted, today: date) -> Figures:
    firsts = [each["going_from"] for each in rows if each["going_from"]]
    per_day = [{each["day"]: each["count"] for each in _of(rows, kind)} for kind in KINDS]
    going = sum(each["going"] for each in rows)
    return Figures(_days(today, *per_day), going, min(firsts, default=None))


def _of(rows: Counted, kind: str) -> Counted:
    return [each for each in rows if each["kind"] == kind]


def _days(today: date, calls: dict[Any, int], letters: dict[Any, int]) -> list[Day]:
    days = [today - timedelta(days=DAYS - 1 - place) for place in range(DAYS)]
    most = max([1, *(each.get(day, 0) for each in (calls, letters) for day in days)])
    found = []
    for place, day in enumerate(days):
        counts = calls.get(day, 0), letters.get(day, 0)
        heights = [-(-count * TALLEST // most) for count in counts]  # upwards: one is to be seen
        found.append(Day(day, *counts, place * WIDE, *heights))
    return found
