"""People are taken off the register, forgotten and kept after all, by keyboard alone."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from customers.actions.staff import StaffDetails, add_staff
from customers.models import Customer, StaffMember
from messages.models import PhoneMessage
from privacy.erasures.work import carry_on
from privacy.models import Erasure, ErasureState
from recordings.models import Recording
from smartsvar.clock import database_now
from tests import cast
from tests.journeys.keys import Keys
from tests.journeys.looking import PHONE, ZOOMED, sized

pytestmark = [
    pytest.mark.django_db(databases="__all__", transaction=True),
    pytest.mark.either_stack,
]
NUMBER = "070-174 06 66"


@pytest.fixture
def keys(page: Page) -> Keys:
    return Keys(page)


def started(page: Page, keys: Keys, house: cast.House, inner: str) -> Any:
    keys.sign_in(house.administrator.user.email, cast.PASSWORD)
    page.goto(f"/mina-sidor/{house.customer.number}/{inner}")
    return page.get_by_role("main")


def test_anna_is_taken_off_the_register_on_her_last_day(
    page: Page, keys: Keys, anna: cast.House
) -> None:
    at, by = database_now(), anna.administrator
    person = add_staff(anna.customer, StaffDetails(name="Anna Ank"), by=by, at=at)
    call = cast.call_of(anna, staff=person)
    content = started(page, keys, anna, "personal/")
    keys.follow("Anna Ank")
    keys.follow("Ta bort ur registret")
    expect(content).to_contain_text("Ta bort Anna Ank ur registret?")
    expect(content).to_contain_text("förstörs genast")
    expect(content).to_contain_text("Samtal och meddelanden finns kvar")
    keys.follow("Avbryt")
    assert StaffMember.objects.filter(id=person.id).exists(), "reading is not removing"
    keys.follow("Ta bort ur registret")
    keys.follow("Ta bort ur registret")
    expect(content).to_contain_text("Anna Ank är borttagen ur registret.")
    assert not StaffMember.objects.filter(id=person.id).exists()
    call.refresh_from_db()
    assert call.staff is None
    expect(content.get_by_role("link", name="Anna Ank")).to_have_count(0)


def test_anna_finds_zacharias_and_erases_him_at_a_zoom_of_400_percent(
    page: Page, keys: Keys, anna: cast.House
) -> None:
    sized(page, PHONE, ZOOMED)
    cast.call_of(anna)
    cast.message_of(anna)
    content = started(page, keys, anna, "integritet/")
    keys.follow("Sök en uppringare")
    keys.write(page.get_by_label("Nummer eller e-post"), NUMBER)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    expect(content).to_contain_text("1 inspelning")
    keys.follow("Radera", exact=True)
    expect(content).to_contain_text(f"Radera {NUMBER}?")
    keys.follow("Radera för gott")
    typed = page.get_by_label(f"Skriv {NUMBER}")
    expect(typed).to_be_focused()
    assert typed.get_attribute("aria-invalid") == "true"
    keys.write(typed, NUMBER)
    with page.expect_navigation():
        page.keyboard.press("Enter")
    asked = Erasure.objects.get()
    assert carry_on(asked.id, database_now()) == ErasureState.DONE
    page.reload()
    expect(content).to_contain_text("1 inspelning")
    assert not Recording.objects.exists()
    assert not PhoneMessage.objects.exists()


def test_anna_closes_the_account_and_keeps_it_after_all(
    page: Page, keys: Keys, anna: cast.House
) -> None:
    cast.call_of(anna)
    content = started(page, keys, anna, "integritet/radera/konto")
    name = str(anna.customer.number)
    keys.write(page.get_by_label(f"Skriv {name}"), name)
    keys.write(page.get_by_label("Dagar innan det börjar"), "7")
    keys.follow("Radera kontot")
    expect(page.get_by_role("status").filter(has_text="Kontot kommer att raderas")).to_be_visible()
    assert Customer.objects.get(id=anna.customer.id).closes_at is not None
    page.goto(f"/mina-sidor/{anna.customer.number}/")
    keys.follow("Se det eller ångra det")
    keys.follow("Hela kontot Beställt")
    keys.follow("Återta raderingen")
    expect(content).to_contain_text("Raderingen är återtagen. Inget har raderats.")
    assert Customer.objects.get(id=anna.customer.id).closes_at is None
    assert Recording.objects.count() == 1
