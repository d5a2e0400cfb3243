"""The time to answer a request, counted as IMY counts it."""

from datetime import date, timedelta

import pytest

from privacy.cases.clock import EXTENDED_MONTHS, answer_by, days_left, is_working_day

# The law on public holidays (1989:253) beside Sundays, written down here day by day.
HOLIDAYS = {
    2025: "01-01 01-06 04-18 04-21 05-01 05-29 06-06 06-21 11-01 12-25 12-26",
    2026: "01-01 01-06 04-03 04-06 05-01 05-14 06-06 06-20 10-31 12-25 12-26",
    2027: "01-01 01-06 03-26 03-29 05-01 05-06 06-06 06-26 11-06 12-25 12-26",
    2028: "01-01 01-06 04-14 04-17 05-01 05-25 06-06 06-24 11-04 12-25 12-26",
}


@pytest.mark.parametrize(
    ("received", "last"),
    [
        ("2026-01-15", "2026-02-16"),  # the 15th is a Sunday
        ("2026-02-10", "2026-03-10"),
        ("2026-01-31", "2026-03-02"),  # no 31 February: the 28th, a Saturday
        ("2028-01-31", "2028-02-29"),  # a leap year's last day, a Tuesday
        ("2026-08-31", "2026-09-30"),
        ("2026-11-30", "2026-12-30"),
        ("2026-11-25", "2026-12-28"),  # Christmas, Boxing Day (Saturday), Sunday
        ("2028-11-25", "2028-12-27"),  # Christmas and Boxing Day, on Monday and Tuesday
        ("2026-12-01", "2027-01-04"),  # New Year's Day, a Friday, and a weekend
        ("2026-12-06", "2027-01-07"),  # Epiphany
        ("2026-03-03", "2026-04-07"),  # Good Friday, Easter, Easter Monday
        ("2026-04-14", "2026-05-15"),  # Ascension Day
        ("2027-04-06", "2027-05-07"),  # Ascension Day, in another week
        ("2025-05-06", "2025-06-09"),  # the national day, a Friday
        ("2026-05-19", "2026-06-19"),  # Midsummer's Eve is no public holiday
        ("2026-05-20", "2026-06-22"),  # Midsummer's Day
        ("2026-09-30", "2026-10-30"),
        ("2026-10-01", "2026-11-02"),  # All Saints' is the Saturday before
        ("2026-11-24", "2026-12-24"),  # Christmas Eve is no public holiday
    ],
)
def test_the_answer_is_due_as_imy_counts(received: str, last: str) -> None:
    assert answer_by(date.fromisoformat(received)) == date.fromisoformat(last)


@pytest.mark.parametrize(
    ("received", "last"),
    [
        ("2026-01-31", "2026-04-30"),
        ("2025-11-30", "2026-03-02"),  # 28 February is a Saturday
        ("2027-11-30", "2028-02-29"),
        ("2026-03-25", "2026-06-25"),
    ],
)
def test_two_more_months_are_counted_from_receipt(received: str, last: str) -> None:
    day = date.fromisoformat(received)
    assert answer_by(day, months=EXTENDED_MONTHS) == date.fromisoformat(last)


@pytest.mark.parametrize("year", HOLIDAYS)
def test_every_day_of_the_year_is_a_working_day_or_not_as_the_law_says(year: int) -> None:
    off = {date.fromisoformat(f"{year}-{day}") for day in HOLIDAYS[year].split()}
    day = date(year, 1, 1)
    while day.year == year:
        assert is_working_day(day) == (day.weekday() < 5 and day not in off), day
        day += timedelta(days=1)


def test_no_answer_is_ever_due_on_a_day_off_nor_before_the_month_is_over() -> None:
    day = date(2024, 1, 1)
    while day < date(2034, 1, 1):
        last = answer_by(day)
        assert is_working_day(last), day
        assert timedelta(28) <= last - day <= timedelta(37), day
        day += timedelta(days=1)


def test_the_last_day_is_still_in_time_and_the_next_is_not() -> None:
    last = date(2026, 12, 28)
    assert [days_left(last, last + timedelta(days=n)) for n in (-1, 0, 1)] == [1, 0, -1]
