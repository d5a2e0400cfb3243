"""What a list costs does not follow how much there is: queries on both databases are counted."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from customers.actions.absences import AbsenceFacts, add_absence
from customers.actions.invitations import invite
from customers.actions.keys import create_api_key
from customers.actions.members import join
from customers.actions.staff import StaffDetails, add_staff
from customers.history import LAST_TIME
from customers.models import Role, User
from privacy.agreements.steps import begin_signing, sign
from privacy.agreements.versions import in_language, version_of
from recordings.actions import play_recording
from smartsvar.clock import database_now
from smartsvar.vault.keys import forget_keys
from subprocessors.notices import today
from tests import cast
from tests.conformance.planted import plant

pytestmark = pytest.mark.django_db(databases="__all__")
MANY = 30
MOST = 12  # queries of a page
SHORT = cast.tone(0.2)


def cost(browser: Client, path: str) -> dict[str, int]:
    forget_keys()
    with (
        CaptureQueriesContext(connections["default"]) as main,
        CaptureQueriesContext(connections["keys"]) as keys,
    ):
        assert browser.get(path).status_code == 200
    return {"default": len(main), "keys": len(keys)}


def a_call(house: cast.House, number: int) -> None:
    at = database_now() - timedelta(minutes=number)
    cast.call_of(
        house,
        audio=SHORT,
        started_at=at - timedelta(minutes=1),
        staff=house.staff,
        call_id=f"c{number}",
    )


def a_message(house: cast.House, number: int) -> None:
    cast.message_of(house, staff=house.staff, call_id="the same call")


def a_person(house: cast.House, number: int) -> None:
    add_staff(
        house.customer, StaffDetails(name=f"P {number}"), by=house.administrator, at=database_now()
    )


def an_absence(house: cast.House, number: int) -> None:
    facts = AbsenceFacts(starts_at=database_now() - timedelta(minutes=number))
    add_absence(house.staff, facts, by=house.administrator, at=database_now())


def a_member(house: cast.House, number: int) -> None:
    user = User.objects.create(email=f"p{number}@many.example")
    join(house.customer, user, role=Role.READER, name=f"P {number}", at=database_now())


def an_invitation(house: cast.House, number: int) -> None:
    email = f"p{number}@many.example"
    invite(
        house.customer,
        email=email,
        name="P",
        role=Role.READER,
        by=house.administrator,
        at=database_now(),
    )


def a_key(house: cast.House, number: int) -> None:
    at = database_now()
    create_api_key(
        house.customer, label="V", scopes=["staff:read"], days=9, by=house.administrator, at=at
    )


LISTS: list[tuple[str, Callable[[cast.House, int], None]]] = [
    ("portal:overview", a_call),
    ("portal:overview", a_message),
    ("portal:trail", a_message),
    ("portal:trail", a_call),
    ("portal:trail", a_person),
    ("recordings:list", a_call),
    ("phone_messages:list", a_message),
    ("customers:staff_list", a_person),
    ("customers:staff_list", an_absence),
    ("customers:absence_calendar", an_absence),
    ("customers:absence_calendar", a_person),
    ("customers:members", a_member),
    ("customers:members", an_invitation),
    ("customers:keys", a_key),
    ("privacy:receipts", a_call),
    ("privacy:receipts", a_person),
]


@pytest.mark.parametrize(("page", "add"), LISTS, ids=lambda part: getattr(part, "__name__", part))
def test_thirty_rows_cost_as_many_queries_as_one(
    page: str, add: Callable[[cast.House, int], None], anna: cast.House, sign_in: Any
) -> None:
    browser, path = sign_in(anna.administrator), reverse(page, args=[anna.customer.number])
    add(anna, 0)
    first, one = cost(browser, path), cost(browser, path)
    for number in range(1, MANY):
        add(anna, number)
    assert cost(browser, path) == one
    assert max(first["default"], one["default"]) <= MOST  # with nothing remembered, and with it
    assert one["keys"] <= 6


@pytest.mark.parametrize("role", Role.values)
def test_the_first_page_with_all_that_can_wait_for_somebody_keeps_within_the_bound(
    role: str, anna: cast.House, sign_in: Any
) -> None:
    """An agreement signed in both languages, terms, notices, grants, since the last time."""
    plant(anna)
    at, by = database_now(), anna.administrator
    version = version_of(in_language(anna.customer, "en", today(at)))
    said = {"name": "Anna", "title": "", "language": "en", "version": version}
    signing = begin_signing(by, at=at, **said)
    sign(signing, signing.code, by=by, address="192.0.2.7", at=at)
    browser = sign_in(getattr(anna, role))
    session = browser.session
    session[LAST_TIME] = (at - timedelta(days=3)).isoformat()
    session.save()
    path = reverse("portal:overview", args=[anna.customer.number])
    cold, warm = cost(browser, path), cost(browser, path)
    assert max(cold["default"], warm["default"]) <= MOST


def test_a_calls_page_costs_the_same_with_many_messages_and_listeners(
    anna: cast.House, sign_in: Any
) -> None:
    call = cast.call_of(anna, audio=SHORT, call_id="the same call")
    browser = sign_in(anna.administrator)
    path = reverse("portal:call", args=[anna.customer.number, call.id])
    browser.get(path)  # the first look writes its trace
    a_message(anna, 0)
    play_recording(call, by=anna.reader, at=database_now()).close()
    one = cost(browser, path)
    for number in range(MANY):
        a_message(anna, number)
    play_recording(call, by=anna.member, at=database_now()).close()
    assert cost(browser, path) == one
