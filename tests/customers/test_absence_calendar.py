"""The calendar of absences: a month, a day of it, and what it costs however many are away."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from customers.actions.absences import AbsenceFacts, add_absence
from customers.actions.calendar import OF_A_DAY
from customers.actions.presence import presence_of
from customers.actions.staff import StaffDetails, add_staff
from customers.models import Absence, Kind, StaffMember
from smartsvar.clock import database_now
from tests import cast
from tests.customers.test_absences import away, local

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)
DAY = {"month": "2027-12", "day": "2027-12-06"}


def calendar_of(house: cast.House) -> str:
    return reverse("customers:absence_calendar", args=[house.customer.number])


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[Absence]:
    """The absences that have been opened since."""
    rows: list[Absence] = []
    unseal = Absence._unseal

    def noted(row: Absence) -> Any:
        rows.append(row)
        return unseal(row)

    monkeypatch.setattr(Absence, "_unseal", noted)
    return rows


def crowd(house: cast.House, count: int) -> list[str]:
    """Let so many be away on 6 December 2027; return their names as the register sorts them."""
    names = [f"Person {place:03}" for place in range(count)]
    for name in names:
        person = add_staff(
            house.customer, StaffDetails(name=name), by=house.member, at=database_now()
        )
        facts = AbsenceFacts(starts_at=local(2027, 12, 6, 8), ends_at=local(2027, 12, 6, 17))
        add_absence(person, facts, by=house.member, at=database_now())
    return names


def test_the_calendar_has_week_numbers_holidays_and_each_day_of_an_absence(
    anna: cast.House, sign_in: Any
) -> None:
    away(anna, local(2027, 12, 30, 15), local(2028, 1, 2), kind=Kind.HOLIDAY)
    address = reverse("customers:absence_calendar", args=[anna.customer.number])
    page = sign_in(anna.reader).get(address, {"month": "2027-12"}).content.decode()
    assert "Juldagen" in page
    assert ">53<" not in page
    assert "</span>52</th>" in page
    assert page.count(anna.staff.name) == 3, "two days and the filter"
    assert "15:00–24:00" in page
    page = sign_in(anna.reader).get(address, {"month": "2028-01"}).content.decode()
    assert page.count(anna.staff.name) == 2
    assert "Nyårsdagen" in page


@pytest.mark.parametrize(
    "query", [{"month": "x"}, {"month": "9999-99"}, {"month": "0001-01"}, {"month": "2027-12\x00"},
              {"person": "x"}, {"person": "00000000-0000-7000-8000-000000000000"},
              {"month": "9" * 5000}],
)  # fmt: skip
def test_any_month_and_person_in_the_address_is_answered(
    anna: cast.House, sign_in: Any, query: dict[str, str]
) -> None:
    address = reverse("customers:absence_calendar", args=[anna.customer.number])
    assert sign_in(anna.reader).get(address, query).status_code == 200


def test_of_a_day_when_many_are_away_a_few_stand_in_the_grid_and_all_on_its_own_page(
    anna: cast.House, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    names, browser = crowd(anna, OF_A_DAY + 3), sign_in(anna.administrator)
    page = browser.get(calendar_of(anna), {"month": "2027-12"}).content.decode()
    assert [name for name in names if f"<bdi>{name}</bdi>" in page] == names[:OF_A_DAY]
    assert "day=2027-12-06" in page
    assert "3 till" in page
    whole = browser.get(calendar_of(anna), DAY).content.decode()
    assert "Frånvaro måndag 6 december 2027" in whole
    assert [name for name in names if f"<bdi>{name}</bdi>" in whole] == names
    assert "08:00–17:00" in whole
    monkeypatch.setattr("customers.views.absences.OF_A_PAGE", 4)
    second = browser.get(calendar_of(anna), DAY | {"page": "2"}).content.decode()
    assert [name for name in names if f"<bdi>{name}</bdi>" in second] == names[4:]
    assert "Sida 2 av 2" in second


def test_one_persons_day_shows_that_person_alone(anna: cast.House, sign_in: Any) -> None:
    crowd(anna, OF_A_DAY + 3)
    second = Absence.objects.of(anna.customer).select_related("staff").order_by("id")[1].staff
    assert second is not None
    asked = DAY | {"person": str(second.pk)}
    page = sign_in(anna.reader).get(calendar_of(anna), asked).content.decode()
    assert page.count("<li><bdi>Person") == 1
    assert f"<bdi>{second.name}</bdi>" in page


@pytest.mark.parametrize(
    ("day", "answered"),
    [("2027-12-07", "Ingen är borta den dagen."), ("2028-01-06", 'class="calendar"'),
     ("x", 'class="calendar"'), ("9" * 5000, 'class="calendar"'), ("\x00", 'class="calendar"')],
)  # fmt: skip
def test_a_day_without_anybody_says_so_and_what_is_no_day_of_the_month_shows_the_month(
    anna: cast.House, sign_in: Any, day: str, answered: str
) -> None:
    asked = {"month": "2027-12", "day": day}
    assert answered in sign_in(anna.reader).get(calendar_of(anna), asked).content.decode()


def test_a_page_of_the_calendar_opens_what_it_shows_and_no_more(
    anna: cast.House, sign_in: Any, opened: list[Absence]
) -> None:
    crowd(anna, OF_A_DAY + 6)
    browser = sign_in(anna.administrator)
    opened.clear()
    browser.get(calendar_of(anna), {"month": "2027-12"})
    assert len(opened) == OF_A_DAY


def test_presence_opens_what_is_in_force_and_reads_what_is_to_come_of_those_away(
    anna: cast.House, opened: list[Absence]
) -> None:
    crowd(anna, 3)
    now = local(2027, 12, 6, 12)
    away(anna, now + timedelta(days=1), now + timedelta(days=2))  # in today: not read
    people = list(StaffMember.objects.of(anna.customer))
    for person in people[1:3]:
        facts = AbsenceFacts(starts_at=local(2027, 12, 6, 17), ends_at=local(2027, 12, 7))
        add_absence(person, facts, by=anna.member, at=database_now())
    opened.clear()
    found = presence_of(anna.customer, people, now)
    assert sum(each.away for each in found.values()) == 3
    assert len(opened) == 3
    backs = {found[person.pk].back_at for person in people[1:3]}
    assert backs == {local(2027, 12, 7)}, "the next absence follows at once"
