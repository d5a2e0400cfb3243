"""Lists with damage in them: the rest shows, the way on stays open, and the price is bounded."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from customers.actions.members import join
from customers.models import Role, StaffMember
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import database_now
from smartsvar.unreadable import VERB
from smartsvar.vault.keys import forget_keys
from smartsvar.vault.roots.root import LocalRoot
from smartsvar.vault.rows import SealedModel
from tests.cast import House, call_of, message_of, tone
from tests.integrator import MESSAGES, integrator
from tests.unreadable.conftest import RootFile
from tests.unreadable.damage import customers_key_flipped, envelope_flipped, key_missing
from tests.unreadable.test_damage import on_the_trail_once

pytestmark = pytest.mark.django_db(databases="__all__")

SHORT = tone(0.2)
MANY = 50
KNOWN = (
    3  # queries for a row that is on the trail already: does it live, what time is it, is it said
)
REPORT = KNOWN + 5  # and the first time: a savepoint, is it said by now, the entry with its number


@pytest.fixture
def unwraps(monkeypatch: Any) -> list[bytes]:
    """What the root key is asked to unwrap."""
    asked: list[bytes] = []
    unwrap = LocalRoot.unwrap

    def counted(self: LocalRoot, wrapped: bytes, context: bytes) -> bytes:
        asked.append(context)
        return unwrap(self, wrapped, context)

    monkeypatch.setattr(LocalRoot, "unwrap", counted)
    return asked


def cost(act: Callable[[], Any]) -> dict[str, int]:
    forget_keys()
    with (
        CaptureQueriesContext(connections["default"]) as main,
        CaptureQueriesContext(connections["keys"]) as keys,
    ):
        assert act().status_code == 200
    return {"default": len(main), "keys": len(keys)}


@pytest.mark.parametrize("damage", ["customer's key", "every key"])
def test_fifty_damaged_rows_are_asked_for_once(
    anna: House, unwraps: list[bytes], damage: str
) -> None:
    rows: list[SealedModel] = [message_of(anna) for _ in range(MANY)]
    client = integrator(anna)
    sound = cost(lambda: client.get(MESSAGES))
    if damage == "customer's key":
        customers_key_flipped(rows[0])
    else:
        for row in rows:
            key_missing(row, row)
    unwraps.clear()
    first = cost(lambda: client.get(MESSAGES))
    assert first["keys"] <= sound["keys"]
    assert len(unwraps) <= 1
    assert first["default"] <= sound["default"] + REPORT * MANY
    again = cost(lambda: client.get(MESSAGES))
    assert again["default"] <= sound["default"] + KNOWN * MANY
    assert AuditEntry.objects.filter(verb=VERB).count() == MANY


def test_a_damaged_person_of_many_calls_is_reported_once_per_list(
    anna: House, sign_in: Any, alarms: Any
) -> None:
    for _ in range(5):
        message_of(anna, staff=anna.staff)
    envelope_flipped(StaffMember.objects.get(id=anna.staff.id), anna.staff)
    page = sign_in(anna.reader).get(reverse("phone_messages:list", args=[anna.customer.number]))
    assert page.status_code == 200
    assert len(alarms()) == 2, "once for the five messages, once for the filter's list of people"
    on_the_trail_once(anna.staff, anna)


def of_the_list(page: str, house: House) -> list[SealedModel]:
    make = {"recordings:list": lambda: call_of(house, audio=SHORT)}
    return [make.get(page, lambda: message_of(house))() for _ in range(26)]


@pytest.mark.parametrize("page", ["recordings:list", "phone_messages:list"])
def test_a_page_of_damage_says_so_and_leads_on(anna: House, sign_in: Any, page: str) -> None:
    newest_last = of_the_list(page, anna)
    for row in newest_last[1:]:
        envelope_flipped(row, row)
    browser = sign_in(anna.reader)
    address = reverse(page, args=[anna.customer.number])
    first = browser.get(address)
    text = first.content.decode()
    assert "25 poster på sidan är skadade och kan inte visas." in text
    assert "Inga samtal än" not in text
    assert "Inga meddelanden än" not in text
    shown = first.context["page"]
    assert f"older={shown.older}" in text
    behind = browser.get(address, {"older": shown.older})
    assert [row.pk for row in behind.context["page"].rows] == [newest_last[0].pk]
    back = browser.get(address, {"newer": behind.context["page"].newer}).content.decode()
    assert "25 poster på sidan är skadade" in back


def test_a_list_of_nothing_still_says_that_there_is_nothing(anna: House, sign_in: Any) -> None:
    browser = sign_in(anna.reader)
    for page, said in (
        ("recordings:list", "Inga samtal än"), ("phone_messages:list", "Inga meddelanden än")
    ):  # fmt: skip
        text = browser.get(reverse(page, args=[anna.customer.number])).content.decode()
        assert said in text
        assert "kan inte visas" not in text


def test_the_overview_says_what_it_leaves_out(anna: House, sign_in: Any) -> None:
    for row in (call_of(anna, audio=SHORT), message_of(anna), message_of(anna)):
        envelope_flipped(row, row)
    number = anna.customer.number
    text = sign_in(anna.reader).get(reverse("portal:overview", args=[number])).content.decode()
    assert "1 post på sidan är skadad" in text
    assert "2 poster på sidan är skadade" in text
    assert f'href="{reverse("recordings:list", args=[number])}">Alla samtal' in text
    assert f'href="{reverse("phone_messages:list", args=[number])}">Alla meddelanden' in text
    assert "Besvarade samtal visas här" not in text
    assert AuditEntry.objects.filter(verb=VERB).count() == 3


@pytest.fixture
def both(anna: House, cecilia: House) -> House:
    """Anna's administrator, who is a member at Cecilia's too."""
    join(
        cecilia.customer, anna.administrator.user, role=Role.READER, name="Anna", at=database_now()
    )
    return anna


def test_who_has_two_customers_reaches_the_one_that_is_whole(
    both: House, cecilia: House, sign_in: Any
) -> None:
    envelope_flipped(cecilia.customer, cecilia.customer)
    page = sign_in(both.administrator).get(reverse("portal:home"))
    text = page.content.decode()
    assert page.status_code == 200
    assert both.customer.company_name in text
    assert f"Kund {cecilia.customer.number} kan inte visas" in text
    on_the_trail_once(cecilia.customer, cecilia)


def test_the_choice_of_customers_waits_for_the_root(
    both: House, root: RootFile, sign_in: Any
) -> None:
    browser = sign_in(both.administrator)
    root.take_away()
    assert browser.get(reverse("portal:home")).status_code == 503


@pytest.mark.parametrize("search", ["", "Ankdamm"])
def test_support_sees_the_other_customers(
    anna: House, cecilia: House, sven: Any, sign_in: Any, settings: Any, search: str
) -> None:
    settings.SUPPORT_NEEDS_SECOND_FACTOR = False
    envelope_flipped(cecilia.customer, cecilia.customer)
    address = reverse("admin:customers_customer_changelist")
    page = sign_in(sven).get(address, {"q": search} if search else {})
    text = page.content.decode()
    assert page.status_code == 200
    assert anna.customer.company_name in text
    assert (f"Kund {cecilia.customer.number} kan inte visas" in text) == (not search)
    on_the_trail_once(cecilia.customer, cecilia)


def test_a_damaged_customers_own_pages_still_show_what_opens(anna: House, sign_in: Any) -> None:
    message_of(anna, matter="Helt ärende")
    envelope_flipped(anna.customer, anna.customer)
    number = anna.customer.number
    page = sign_in(anna.reader).get(reverse("phone_messages:list", args=[number]))
    text = page.content.decode()
    assert "Helt ärende" in text
    assert f"Kund {number} kan inte visas" in text
    on_the_trail_once(anna.customer, anna)
