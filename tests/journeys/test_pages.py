"""Every page of Mina Sidor in a real Chromium: axe finds nothing, and each fits a phone."""

from typing import Any

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Page

from customers.actions.absences import AbsenceFacts, add_absence
from customers.actions.registers import keep_upload
from messages.handling import add_note, assign_message
from smartsvar.clock import database_now
from tests import cast
from tests.journeys.conftest import sign_in

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

RUN = "() => axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa']})"


def pages_of(house: cast.House) -> list[str]:
    """Return the address of each page, with something on it."""
    call = cast.call_of(house, call_id="samtal-1", staff=house.staff)
    message = cast.message_of(house, call_id="samtal-1")
    assign_message(message, house.member, by=house.administrator, at=database_now())
    add_note(message, "Ringde upp.", by=house.member, at=database_now())
    at = database_now()
    facts = AbsenceFacts(starts_at=at, kind="holiday")
    away = add_absence(house.staff, facts, by=house.administrator, at=at)
    table = [["Namn", "Mobil"], ["Ny Person", "070-174 06 20"], ["Fel Person", "hundra"]]
    upload = keep_upload(house.administrator, table, at=at)
    here = f"/mina-sidor/{house.customer.number}/"
    inner = (
        f"handelser/ meddelanden/{message.id}/anteckning meddelanden/{message.id}/skicka"
        f" samtal/ samtal/{call.id}/ samtal/{call.id}/ta-bort meddelanden/"
        f" meddelanden/{message.id}/ personal/ personal/ny personal/{house.staff.id}/"
        f" personal/{house.staff.id}/ta-bort personal/import"
        f" personal/import/{upload.id}/ personal/{house.staff.id}/franvaro franvaro/"
        f" franvaro/{away.id}/ franvaro/{away.id}/ta-bort adressbyte/ medlemmar/"
        " nycklar/ installningar/ logg/ integritet/insyn/"
        f" integritet/lyssning/ integritet/lyssning/ny samtal/{call.id}/lyssning"
    )
    inner += f" medlemmar/{house.member.id}/samtal medlemmar/{house.member.id}/lamna-over"
    own = ["/konto/", "/konto/historik/", "/konto/password/change/", "/konto/email/"]
    return ["/", here, *own, *(here + address for address in inner.split())]


def violations(page: Page) -> list[str]:
    page.evaluate(AXE_SCRIPT)
    found: dict[str, Any] = page.evaluate(RUN)
    return [f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in found["violations"]]


@pytest.mark.parametrize(
    ("width", "scheme"), [(320, "light"), (1280, "dark")], ids=["phone-light", "desktop-dark"]
)
def test_every_page_is_accessible_and_fits(
    chromium: Browser, site: str, anna: cast.House, width: int, scheme: Any
) -> None:
    context = chromium.new_context(
        base_url=site,
        locale="sv-SE",
        color_scheme=scheme,
        viewport={"width": width, "height": 900},
    )
    page = context.new_page()
    trouble: dict[str, list[str]] = {}
    page.goto("/konto/login/")
    trouble["/konto/login/"] = violations(page)
    sign_in(page, anna.administrator.user.email)
    for address in pages_of(anna):
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200, address
        trouble[address] = violations(page)
        if page.evaluate("() => document.documentElement.scrollWidth > innerWidth"):
            trouble[address].append("wider than the window")
    context.close()
    assert {address: found for address, found in trouble.items() if found} == {}
