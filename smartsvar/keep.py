"""How long something is kept: the vocabulary of a period, and its arithmetic.

Calendar arithmetic is in Europe/Stockholm, to the second and never early.
"""

import calendar
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from smartsvar.clock import STOCKHOLM


@dataclass(frozen=True, kw_only=True)
class Keep:
    """How long: calendar months or days after a moment that the row (or its owner) carries.

    since: path to the date the period starts from; None there means "not yet": never while
    contracted (`customer.contract_ended_at`), never before an invoice is paid (`paid_at`).
    capped_by: path to a moment that `since` may not lie after (a claimed time against our own).
    shortened_by: path to the customer's own, shorter number of days; it can never lengthen.
    chosen_by: setting with the operator's number of days, from `least_days` to `days`.
    fiscal_years: bookkeeping; `since` is then the fiscal year's last day, a date, and the row is
    kept through so many whole calendar years after the one in which it lies (Bokföringslagen 7:2).
    unfinished: (path, value) that marks a row begun and never completed; such a row is kept
    `unfinished_hours` after `capped_by` instead.
    with_parent: the row lives and dies with the named foreign key.
    """

    months: int | None = None
    days: int | None = None
    since: str = ""
    capped_by: str = ""
    shortened_by: str = ""
    chosen_by: str = ""
    least_days: int = 0
    fiscal_years: int | None = None
    unfinished: tuple[str, str] | None = None
    unfinished_hours: int = 0
    with_parent: str = ""

    def in_words(self) -> str:
        """Return the period in the reader's language: "3 months", "10 years", "14 days"."""
        if self.fiscal_years:
            return _("through the %d calendar years after the fiscal year") % self.fiscal_years
        parts = []
        if self.months:
            parts.append(_months_in_words(self.months))
        if days := self.chosen_days():
            parts.append(ngettext("%d day", "%d days", days) % days)
        return " ".join(parts)

    def chosen_days(self) -> int | None:
        """Return the period's days: the operator's number where there is one to choose."""
        if not self.chosen_by:
            return self.days
        chosen: int = getattr(settings, self.chosen_by)
        return max(self.least_days, min(chosen, self.days or chosen))

    def most_days(self) -> int:
        """Return the most calendar days that the period can have: 92 for three months.

        Counted from every month of four years in a row, so that a leap day is within.
        """
        months = ((year, month) for year in range(2025, 2029) for month in range(1, 13))
        starts = [datetime(year, month, 1, 12, tzinfo=UTC) for year, month in months]
        ends = (later(start, months=self.months or 0, days=self.days or 0) for start in starts)
        return max(
            (end.date() - start.date()).days for start, end in zip(starts, ends, strict=True)
        )

    def earliest(self, at: datetime) -> dict[str, Any]:
        """Return the lookup for what may be due at `at`: some of it is not, none is missing.

        Months are taken at their shortest and an hour is left for a daylight-saving night; a rule
        that may end sooner than its period leaves the column out of it.
        """
        column = self.since.replace(".", "__")
        if self.fiscal_years is not None:
            last = at.astimezone(STOCKHOLM).year - self.fiscal_years - 1
            return {f"{column}__lte": date(last, 12, 31)}
        if self.shortened_by or self.unfinished or self.capped_by:
            return {f"{column}__isnull": False}
        days = (self.months or 0) * 28 + (self.chosen_days() or 0)
        return {f"{column}__lte": at - timedelta(days=days) + timedelta(hours=2)}

    def paths(self) -> list[str]:
        """Return the paths of everything that the date depends on."""
        marks = [self.unfinished[0]] if self.unfinished else []
        return [path for path in (self.since, self.capped_by, self.shortened_by, *marks) if path]

    def due(self, row: object) -> datetime | None:
        """Return when `row` must be gone, to the second and never early; None while it may stay."""
        return self.derive(lambda path: follow(row, path))

    def derive(self, fact: Callable[[str], Any]) -> datetime | None:
        """Return the date from what `fact` says of each path.

        Where the local time is ambiguous or missing on a daylight-saving night, the later reading
        counts.
        """
        start: Any = fact(self.since) if self.since else None
        if start is None:
            return None
        if self.fiscal_years is not None:
            return after_calendar_years(start, self.fiscal_years)
        if self.capped_by:
            start = min(start, fact(self.capped_by))
        if self.unfinished and fact(self.unfinished[0]) == self.unfinished[1]:
            begun: datetime = start + timedelta(hours=self.unfinished_hours)
            return begun
        end = later(start, months=self.months or 0, days=self.chosen_days() or 0)
        shorter = fact(self.shortened_by) if self.shortened_by else None
        return end if shorter is None else min(end, later(start, days=shorter))


def _months_in_words(months: int) -> str:
    """Say years from three on, where they are whole: nobody counts ten of them in months."""
    years, rest = divmod(months, 12)
    if years >= 3 and not rest:
        return ngettext("%d year", "%d years", years) % years
    return ngettext("%d month", "%d months", months) % months


def follow(row: object, path: str) -> Any:
    """Return what the dotted `path` leads to from `row`; None where a link on the way is empty."""
    value: Any = row
    for name in path.split("."):
        if value is None:
            return None
        value = getattr(value, name)
    return value


def after_calendar_years(fiscal_year_ends: date, years: int) -> datetime:
    """Return the first moment after so many whole calendar years, in UTC.

    A fiscal year that ended 2026-04-30 with seven years: kept through 2033-12-31.
    """
    new_year = datetime(fiscal_year_ends.year + years + 1, 1, 1, tzinfo=STOCKHOLM)
    return new_year.astimezone(UTC)


def later(start: datetime, *, months: int = 0, days: int = 0) -> datetime:
    """Return the same wall-clock time in Stockholm so many calendar months and days later, in UTC.

    A day that the target month lacks becomes its last day (30 November + 3 months = 28 or
    29 February); of two readings of a local time the later one counts.
    """
    hour = start.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return _hour_later(hour, months, days) + (start - hour)


@lru_cache(maxsize=4096)
def _hour_later(hour: datetime, months: int, days: int) -> datetime:
    """Return where an hour goes: what is within it goes along, for clocks change on the hour."""
    local = hour.astimezone(STOCKHOLM)
    index = local.year * 12 + local.month - 1 + months
    year, month = divmod(index, 12)
    day = min(local.day, calendar.monthrange(year, month + 1)[1])
    wall = datetime(year, month + 1, day, local.hour) + timedelta(days=days)  # noqa: DTZ001
    readings = (wall.replace(tzinfo=STOCKHOLM, fold=fold).astimezone(UTC) for fold in (0, 1))
    return max(readings)
