"""How long: calendar arithmetic at its boundaries, exact to the second and never early."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from smartsvar.personal_data import Keep, later

STOCKHOLM = ZoneInfo("Europe/Stockholm")


def local(*parts: int, fold: int = 0) -> datetime:
    return datetime(*parts, tzinfo=STOCKHOLM, fold=fold)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(("months", "days"), [(3, 92), (6, 184), (12, 366), (24, 731)])
def test_the_most_days_that_months_can_have_count_the_leap_day(months: int, days: int) -> None:
    assert Keep(months=months).most_days() == days


@pytest.mark.parametrize(
    ("months", "swedish", "english"),
    [
        (1, "1 månad", "1 month"),
        (24, "24 månader", "24 months"),
        (35, "35 månader", "35 months"),
        (36, "3 år", "3 years"),
        (42, "42 månader", "42 months"),
        (120, "10 år", "10 years"),
    ],
)
def test_whole_years_are_said_as_years_from_three_on(
    months: int, swedish: str, english: str
) -> None:
    for language, words in (("sv", swedish), ("en", english)):
        with translation.override(language):
            assert Keep(months=months).in_words() == words
            assert Keep(months=months, days=2).in_words().startswith(f"{words} 2 da")


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        (local(2026, 1, 15, 12), 3, local(2026, 4, 15, 12)),
        (local(2026, 11, 30, 8), 3, local(2027, 2, 28, 8)),
        (local(2027, 11, 30, 8), 3, local(2028, 2, 29, 8)),
        (local(2028, 2, 29, 23, 59, 59), 6, local(2028, 8, 29, 23, 59, 59)),
        (local(2026, 8, 31, 0, 0, 1), 6, local(2027, 2, 28, 0, 0, 1)),
        (local(2026, 12, 31, 10), 24, local(2028, 12, 31, 10)),
        # 29 March 2026, 02:30 does not exist: the later reading, 03:30 summer time.
        (local(2025, 12, 29, 2, 30), 3, datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),
        # 25 October 2026, 02:30 comes twice: the later one, 02:30 winter time.
        (local(2026, 7, 25, 2, 30), 3, datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
        # Winter to summer keeps the wall clock.
        (local(2026, 2, 1, 9), 3, local(2026, 5, 1, 9)),
    ],
)
def test_calendar_months_keep_the_wall_clock(start: datetime, months: int, end: datetime) -> None:
    assert later(start, months=months) == end


def test_days_over_a_daylight_saving_night_are_calendar_days() -> None:
    assert later(local(2026, 3, 28, 12), days=1) == local(2026, 3, 29, 12)
    assert later(local(2026, 3, 28, 12), days=1) - local(2026, 3, 28, 12) == timedelta(hours=23)


def row(**values: Any) -> Any:
    return SimpleNamespace(**({"state": "live"} | values))


CALL = Keep(
    months=3,
    since="ended_at",
    capped_by="received_at",
    shortened_by="customer.days",
    unfinished=("state", "pending"),
    unfinished_hours=24,
)


def call(ended: datetime, received: datetime, days: int | None = None, **more: Any) -> Any:
    return row(ended_at=ended, received_at=received, customer=SimpleNamespace(days=days), **more)


NOW = local(2026, 6, 1, 12)


def test_a_call_claimed_to_end_in_2099_does_not_live_forever() -> None:
    assert CALL.due(call(local(2099, 1, 1), NOW)) == local(2026, 9, 1, 12)


def test_a_customer_can_shorten() -> None:
    assert CALL.due(call(NOW, NOW, days=7)) == local(2026, 6, 8, 12)


def test_a_customer_cannot_lengthen() -> None:
    assert CALL.due(call(NOW, NOW, days=400)) == local(2026, 9, 1, 12)


def test_an_unfinished_upload_lives_for_a_day() -> None:
    assert CALL.due(call(NOW, NOW, state="pending")) == NOW + timedelta(hours=24)


def test_what_has_not_begun_never_ends() -> None:
    keep = Keep(months=24, since="customer.ended")
    assert keep.due(row(customer=SimpleNamespace(ended=None))) is None


@given(
    st.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC)),
    st.integers(0, 36),
    st.integers(0, 400),
)
def test_it_is_never_early_and_never_more_than_an_hour_late(
    start: datetime, months: int, days: int
) -> None:
    end = later(start, months=months, days=days)
    wall = end.astimezone(STOCKHOLM).replace(tzinfo=None)
    began = start.astimezone(STOCKHOLM).replace(tzinfo=None)
    years, month = divmod(began.year * 12 + began.month - 1 + months, 12)
    first = datetime(years, month + 1, 1)
    assert wall >= first + timedelta(days=days)
    if months == 0:
        assert timedelta(0) <= wall - began - timedelta(days=days) <= timedelta(hours=1)
