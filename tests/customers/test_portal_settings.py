"""How long recordings are kept: a shorter time says first what it deletes."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from customers.actions.accounts import count_due_with, shorten_recordings
from customers.actions.covers import About, hold, restrict
from customers.models import Customer, Hold, Target
from privacy.tasks import purge_due
from recordings.models import Recording
from smartsvar.clock import database_now
from smartsvar.shredding.claims import claim_rows
from tests import cast

pytestmark = pytest.mark.django_db(databases="__all__")


@pytest.fixture
def path(anna: cast.House) -> str:
    return reverse("customers:settings", args=[anna.customer.number])


def kept(house: cast.House) -> int | None:
    found: int | None = Customer.objects.get(id=house.customer.id).recording_days
    return found


def calls_of_ages(house: cast.House, *days: int) -> None:
    for age in days:
        at = database_now() - timedelta(days=age)
        cast.call_of(house, at=at, audio=cast.tone(0.2))


def test_shortening_says_how_many_recordings_go_and_waits(
    anna: cast.House, path: str, sign_in: Any
) -> None:
    calls_of_ages(anna, 1, 11, 30)
    browser = sign_in(anna.administrator)
    page = browser.post(path, {"recording_days": "10"}).content.decode()
    assert "2 inspelningar är äldre än så" in page
    assert kept(anna) is None
    browser.post(path, {"recording_days": "10", "confirmed": "1"})
    assert kept(anna) == 10


def test_shortening_that_deletes_nothing_says_so(anna: cast.House, path: str, sign_in: Any) -> None:
    calls_of_ages(anna, 1)
    page = sign_in(anna.administrator).post(path, {"recording_days": "10"}).content.decode()
    assert "inget tas bort nu" in page
    assert kept(anna) is None


def test_lengthening_again_asks_nothing(anna: cast.House, path: str, sign_in: Any) -> None:
    browser = sign_in(anna.administrator)
    browser.post(path, {"recording_days": "10", "confirmed": "1"})
    browser.post(path, {"recording_days": ""})
    assert kept(anna) is None


@pytest.mark.parametrize("days", ["0", "93", "-4", "tio", "9" * 300])
def test_days_outside_the_law_are_refused(
    days: str, anna: cast.House, path: str, sign_in: Any
) -> None:
    body = {"recording_days": days, "confirmed": "1"}
    assert sign_in(anna.administrator).post(path, body).status_code == 200
    assert kept(anna) is None


def test_the_count_is_exact_to_the_second_and_leaves_cecilia_out(
    anna: cast.House, cecilia: cast.House
) -> None:
    ended = database_now() - timedelta(days=20)
    cast.call_of(anna, at=ended, started_at=ended - timedelta(minutes=1), ended_at=ended)
    calls_of_ages(cecilia, 40)
    at = ended + timedelta(days=10)
    assert count_due_with(anna.customer, 10, at=at) == 1
    assert count_due_with(anna.customer, 10, at=at - timedelta(seconds=1)) == 0
    assert anna.customer.recording_days is None


@pytest.mark.django_db(databases="__all__", transaction=True)
def test_what_anna_is_told_will_go_is_what_the_purge_takes(anna: cast.House) -> None:
    at = database_now()
    free, held, restricted, wanted, claimed = (
        cast.call_of(anna, at=at - timedelta(days=40), audio=cast.tone(0.2)) for _ in range(5)
    )
    said: Any = {"reason": "Tvist", "by": anna.administrator, "at": at}
    about = {
        call: About(target=Target.RECORD, object_model="recordings.Recording", object_id=call.id)
        for call in (held, restricted, wanted)
    }
    hold(anna.customer, about[held], kind=Hold.Kind.LEGAL, ends_at=None, **said)
    restrict(anna.customer, about[restricted], keeps=False, **said)
    restrict(anna.customer, about[wanted], keeps=True, **said)
    claim_rows(Recording, [claimed.id], by=anna.administrator, at=at)
    told = count_due_with(anna.customer, 10, at=at)
    shorten_recordings(anna.customer, 10, by=anna.administrator, at=at)
    assert told == purge_due()["recordings.Recording"] == 2
    left = set(Recording.objects.filter(shred_job_id=None).values_list("id", flat=True))
    assert left == {held.id, wanted.id}


@pytest.mark.django_db(databases="__all__", transaction=True)
def test_a_customer_of_which_everything_is_held_is_told_that_nothing_goes(
    anna: cast.House,
) -> None:
    at = database_now()
    cast.call_of(anna, at=at - timedelta(days=40), audio=cast.tone(0.2))
    hold(
        anna.customer, About(target=Target.CUSTOMER), kind=Hold.Kind.LEGAL, reason="Tvist",
        ends_at=None, by=anna.administrator, at=at,
    )  # fmt: skip
    assert count_due_with(anna.customer, 10, at=at) == 0
    shorten_recordings(anna.customer, 10, by=anna.administrator, at=at)
    assert purge_due() == {}


def test_the_companys_details_are_there_and_the_address_can_be_replaced(
    anna: cast.House, sign_in: Any
) -> None:
    browser, company = sign_in(anna.administrator), anna.customer
    page = browser.get(reverse("customers:settings", args=[company.number])).content.decode()
    said = (company.company_name, company.organisation_number, company.contact_name, company.email)
    assert [text for text in (*said, "070-174 06 05") if text not in page] == []
    assert reverse("customers:contact") in page
    path = reverse("portal:address_swap", args=[company.number]) + "?account=yes"
    assert f'href="{path}"' in page
    assert f'value="{company.email}"' in browser.get(path).content.decode()
