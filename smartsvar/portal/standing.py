"""How the service is, in one word for strangers: which part it is stands in the log alone."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.core.cache import cache
from django.utils.timezone import localtime

from smartsvar.bulletins.models import Bulletin
from smartsvar.portal.views.health import parts_down

ASKED = "status-healthy"
ASKED_SECONDS = 15  # a page that everybody may load must not ask the storage each time
DAYS = 60  # in the chart
Span = tuple[datetime, datetime]


class State(StrEnum):
    WORKS = "works"
    DISTURBED = "disturbed"
    MAINTENANCE = "maintenance"


def state_of(under_way: Iterable[Bulletin]) -> State:
    """Return the state. Announced maintenance explains what else would be a disturbance."""
    kinds = {each.kind for each in under_way}
    if settings.MAINTENANCE or Bulletin.Kind.MAINTENANCE in kinds:
        return State.MAINTENANCE
    if Bulletin.Kind.DISTURBANCE in kinds or not _healthy():
        return State.DISTURBED
    return State.WORKS


def _healthy() -> bool:
    known = cache.get(ASKED)
    if known is None:
        known = not parts_down()
        cache.set(ASKED, known, timeout=ASKED_SECONDS)
    return bool(known)


@dataclass(frozen=True)
class Day:
    """One day's minutes of disturbance, as announced; `x` and `height` place its bar."""

    when: datetime
    minutes: int
    x: int
    height: int

    @property
    def top(self) -> int:
        """Where the bar begins, from above."""
        return 32 - self.height


def days_of(disturbances: Iterable[Bulletin], at: datetime) -> list[Day]:
    """Return the last DAYS days in Sweden, the oldest first, with their minutes of disturbance."""
    spans = _merged((each.starts_at, min(each.ends_at or at, at)) for each in disturbances)
    midnight = localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    days = [midnight - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    return [_day(when, spans, place) for place, when in enumerate(days)]


def _merged(spans: Iterable[Span]) -> list[Span]:
    """Return the same times, none of them twice: one minute disturbed by two things is one."""
    merged: list[Span] = []
    for start, stop in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(stop, merged[-1][1]))
        else:
            merged.append((start, stop))
    return merged


def _day(when: datetime, spans: list[Span], place: int) -> Day:
    end = when + timedelta(days=1)
    covered = sum((max(timedelta(), min(stop, end) - max(start, when)) for start, stop in spans),
                  timedelta())  # fmt: skip
    minutes = min(24 * 60, round(covered.total_seconds() / 60))
    # Ten minutes must be seen beside a whole day, so bars have a least height.
    height = 0 if not minutes else max(6, min(32, round(minutes / 60 * 8)))
    return Day(when, minutes, place * 6, height)
