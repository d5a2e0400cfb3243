"""Swedish public holidays (lagen 1989:253), Sundays apart, and which days are worked."""

from datetime import date
from functools import cache

import holidays

LANGUAGES = {"sv": "sv", "en": "en_US"}


def public_holidays(year: int, language: str = "sv") -> dict[date, str]:
    """Return the year's public holidays with their names.

    The eves (midsummer's, Christmas', New Year's) are none in law.
    """
    return dict(_named(year, LANGUAGES.get(language, "sv")))


def is_working_day(day: date) -> bool:
    """Whether it is neither Saturday, Sunday nor a Swedish public holiday."""
    return day.weekday() < 5 and day not in _named(day.year, "sv")


@cache
def _named(year: int, language: str) -> dict[date, str]:
    # Without Sundays, which the library counts as holidays of their own.
    found = holidays.country_holidays("SE", years=year, language=language, include_sundays=False)
    return dict(found.items())
