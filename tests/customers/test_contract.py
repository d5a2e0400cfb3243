"""The contract's end: what goes because of it, when, and what goes on until then."""

import re
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.formats import date_format

from customers.actions.contract import (
    Ended,
    Going,
    TooLate,
    end_contract,
    going_with,
    resume_contract,
)
from customers.models import Customer, Member, StaffMember, User
from privacy.purging.due import derive_pending, differences
from privacy.purging.purge import purge
from privacy.tasks import purge_due
from smartsvar.audit.actors import SYSTEM
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import STOCKHOLM, database_now
from smartsvar.personal_data import declared
from tests import cast
from tests.conftest import browser

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

PAGE = "admin:customers_customer_contract"
RESUME = "admin:customers_customer_resume"


def ended(house: cast.House, at: datetime | None = None) -> datetime:
    """The contract ended then; what is stored has its dates."""
    at = at or database_now()
    end_contract(house.customer, ends_at=at, by=SYSTEM, at=database_now())
    derive_pending()
    return at


def verbs(customer: Customer) -> list[str]:
    mine = AuditEntry.objects.filter(object_id=customer.id, verb__startswith="customer.contract")
    return list(mine.order_by("at").values_list("verb", flat=True))


@pytest.fixture
def desk(sven: User, sign_in: Any, settings: Any) -> Client:
    """Sven's browser, signed in with nothing left to prove."""
    settings.SUPPORT_NEEDS_SECOND_FACTOR = False
    client: Client = sign_in(sven)
    return client


def test_what_goes_with_annas_contract_is_what_the_declarations_keep_until_after_it(
    anna: cast.House, cecilia: cast.House
) -> None:
    ends_at = database_now()
    going = going_with(anna.customer, ends_at)
    said = {m: d.keep for m, d in declared() if d.keep.since.endswith("contract_ended_at")}
    assert {each.model for each in going} == set(said)
    assert {(each.model, each.rows) for each in going} >= {
        (Member, 3), (StaffMember, 1), (Customer, 1),
    }  # fmt: skip
    assert going[-1].model is Customer
    ended(anna, ends_at)
    each: Any
    for each in going:
        mine = {"id" if each.model is Customer else "customer": anna.customer.id}
        rows = each.model._base_manager.filter(**mine)
        assert rows.count() == each.rows
        for row in rows:
            assert row.due_at == each.at == said[each.model].due(row), each.name
    assert differences() == {}
    assert not StaffMember.objects.filter(customer=cecilia.customer).exclude(due_at=None).exists()


def test_dates_that_were_not_derived_yet_are_derived_by_the_next_purge(anna: cast.House) -> None:
    end_contract(anna.customer, ends_at=database_now(), by=SYSTEM, at=database_now())
    assert StaffMember.objects.get().due_at is None
    purge_due()
    assert StaffMember.objects.get().due_at is not None


def test_a_contract_ends_once_and_runs_again_with_no_date_left(anna: cast.House) -> None:
    ended(anna)
    with pytest.raises(Ended):
        ended(anna)
    resume_contract(Customer.objects.get(), by=SYSTEM, at=database_now())
    derive_pending()
    assert {row.due_at for row in (*Member.objects.all(), *StaffMember.objects.all())} == {None}
    assert Customer.objects.get().due_at is None
    resume_contract(Customer.objects.get(), by=SYSTEM, at=database_now())
    assert verbs(anna.customer) == ["customer.contract_ended", "customer.contract_resumed"]


def first(house: cast.House) -> Going:
    ends_at = Customer.objects.get(id=house.customer.id).contract_ended_at
    assert ends_at is not None
    return going_with(house.customer, ends_at)[0]


def test_the_end_is_taken_back_until_the_second_at_which_something_is_due(
    anna: cast.House,
) -> None:
    ended(anna)
    due = first(anna).at
    with pytest.raises(TooLate):
        resume_contract(Customer.objects.get(), by=SYSTEM, at=due)
    assert Customer.objects.get().contract_ended_at is not None
    resume_contract(Customer.objects.get(), by=SYSTEM, at=due - timedelta(seconds=1))
    assert Customer.objects.get().contract_ended_at is None
    purge(due + timedelta(days=1))  # also before the dates are derived again
    assert StaffMember.objects.filter(id=anna.staff.id).exists()


def test_until_then_annas_people_export_read_and_are_told_when_what_goes(
    anna: cast.House, cecilia: cast.House, sign_in: Any
) -> None:
    call = cast.call_of(anna)
    ended(anna)
    number, client = anna.customer.number, sign_in(anna.administrator)
    page = client.get(reverse("privacy:receipts", args=[number])).content.decode()
    due = first(anna).at.astimezone(STOCKHOLM)
    section = page.split('id="contract"', 1)[1].split("</section>", 1)[0]
    going = going_with(anna.customer, database_now())
    assert section.count(date_format(due, "j F Y H:i")) == len(going) >= 3
    assert all(each.name.capitalize() in section for each in going)
    assert reverse("privacy:export_ask", args=[number]) in page
    for name in ("privacy:export_ask", "portal:overview", "recordings:list"):
        answer = client.get(reverse(name, args=[number]))
        assert answer.status_code == 200
        assert f"{reverse('privacy:receipts', args=[number])}#contract" in answer.content.decode()
    assert client.get(reverse("portal:call", args=[number, call.id])).status_code == 200
    listed = browser().get(
        reverse("api:recording-list"), headers={"Authorization": f"Bearer {anna.secret}"}
    )
    assert [row["id"] for row in listed.json()["results"]] == [str(call.id)]
    other = sign_in(cecilia.administrator)
    answer = other.get(reverse("privacy:receipts", args=[cecilia.customer.number]))
    assert "#contract" not in answer.content.decode()


def test_sven_is_shown_what_goes_and_when_before_he_notes_it(
    desk: Client, anna: cast.House
) -> None:
    page, day = reverse(PAGE, args=[anna.customer.id]), database_now().astimezone(STOCKHOLM).date()
    shown = desk.post(page, {"last_day": day.isoformat()}).content.decode()
    assert Customer.objects.get().contract_ended_at is None
    midnight = datetime.combine(day + timedelta(days=1), datetime.min.time(), tzinfo=STOCKHOLM)
    going = going_with(anna.customer, midnight)
    for each in going:
        when = f"{each.at.astimezone(STOCKHOLM):%Y-%m-%d %H:%M:%S}"
        row = rf">{re.escape(each.name.capitalize())}</th><td>{each.rows}</td><td>{when}<"
        assert re.search(row, shown), each.name
    desk.post(page, {"last_day": day.isoformat(), "confirmed": "2020-01-01"})
    assert Customer.objects.get().contract_ended_at is None, "he saw what goes on another day"
    desk.post(page, {"last_day": day.isoformat(), "confirmed": day.isoformat()})
    customer = Customer.objects.get()
    assert (customer.contract_ended_at, customer.last_day) == (midnight, day)
    assert verbs(customer) == ["customer.contract_ended"]


@pytest.mark.parametrize("day", ["", "30 november", "1999-12-31"])
def test_sven_notes_no_day_that_is_none_or_before_the_customer_was_opened(
    desk: Client, anna: cast.House, day: str
) -> None:
    desk.post(reverse(PAGE, args=[anna.customer.id]), {"last_day": day, "confirmed": day})
    assert Customer.objects.get().contract_ended_at is None


def test_sven_notes_no_day_so_long_past_that_something_would_go_before_anybody_sees_it(
    desk: Client, anna: cast.House
) -> None:
    now = database_now()
    opened = now - timedelta(days=1200)
    Customer._base_manager.filter(id=anna.customer.id).update(opened_at=opened)
    customer = Customer.objects.get()
    today = now.astimezone(STOCKHOLM).date()
    days = [today - timedelta(days=n) for n in range(690, 740)]
    taken = {}
    for day in days:
        said = {"last_day": day.isoformat(), "confirmed": day.isoformat()}
        desk.post(reverse(PAGE, args=[customer.id]), said)
        taken[day] = Customer.objects.get().contract_ended_at is not None
        Customer._base_manager.update(contract_ended_at=None)
    for day, noted in taken.items():
        midnight = datetime.combine(day + timedelta(days=1), datetime.min.time(), tzinfo=STOCKHOLM)
        first_due = going_with(customer, midnight)[0].at
        assert noted == (first_due >= now + timedelta(days=14)), day
    assert set(taken.values()) == {True, False}


@pytest.mark.parametrize("day", ["2099-01-01", "9998-06-01", "9999-12-30", "9999-12-31"])
def test_sven_notes_no_day_that_is_a_slip_of_the_pen(
    desk: Client, anna: cast.House, day: str
) -> None:
    answer = desk.post(reverse(PAGE, args=[anna.customer.id]), {"last_day": day, "confirmed": day})
    assert answer.status_code == 200
    assert Customer.objects.get().contract_ended_at is None


def test_sven_takes_it_back_and_not_when_it_is_too_late(desk: Client, anna: cast.House) -> None:
    ended(anna)
    assert desk.get(reverse(RESUME, args=[anna.customer.id])).status_code == 405
    desk.post(reverse(RESUME, args=[anna.customer.id]))
    customer = Customer.objects.get()
    assert customer.contract_ended_at is None
    ended(anna, database_now() - timedelta(days=1000))
    assert desk.get(reverse(PAGE, args=[anna.customer.id])).status_code == 404
    assert desk.post(reverse(RESUME, args=[anna.customer.id])).status_code == 404
    assert Customer.objects.get().contract_ended_at is not None


def test_the_last_day_is_the_swedish_one() -> None:
    customer = Customer(contract_ended_at=datetime(2026, 12, 1, tzinfo=STOCKHOLM))
    assert customer.last_day == date(2026, 11, 30)
