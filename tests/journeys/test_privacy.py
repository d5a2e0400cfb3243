"""A right is used in a real Chromium, and every page about rights is accessible and fits."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from customers.actions.covers import About
from customers.models import Target
from privacy.cases.steps import check_identity, decide, extend, open_case
from privacy.models import Case, CaseKind, CaseState
from smartsvar.audit.actors import SYSTEM
from smartsvar.clock import database_now
from tests import cast
from tests.conformance.routes import Route, routes
from tests.journeys.conftest import sign_in
from tests.journeys.test_pages import violations

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

ZACHARIAS = About(target=Target.CALLER, caller=cast.PLANTED_NUMBER)
ROOMS = ("privacy:", "subprocessors:")


def requests_of(house: cast.House) -> list[Case]:
    """Make a request that is open, one that took longer, one that is answered."""
    found = []
    for _ in range(3):
        found.append(
            open_case(
                house.customer, CaseKind.ACCESS, ZACHARIAS, by=house.administrator,
                at=database_now(), requester=cast.PLANTED_NAME, wish="Allt om augusti.\n\nTack.",
            )
        )  # fmt: skip
    _, longer, answered = found
    extend(longer, "Det är många samtal att gå igenom.", by=SYSTEM, at=database_now())
    decide(
        answered, CaseState.REFUSED, ground="Bokföringslagen 7 kap. 2 §.",
        decision="Fakturorna sparas.", by=SYSTEM, at=database_now(),
    )  # fmt: skip
    return found


def lists_and_forms() -> Iterator[Route]:
    """Yield every page about rights that needs no more than the customer's number."""
    for route in routes():
        ours = route.name.startswith(ROOMS) and not route.pattern.startswith("admin/")
        if ours and set(route.parameters) <= {"number"}:
            yield route


def pages_of(house: cast.House) -> list[str]:
    opened, longer, answered = requests_of(house)
    here = f"/mina-sidor/{house.customer.number}/integritet/arenden/"
    inner = f"{opened.id}/ {opened.id}/aterta {longer.id}/ {answered.id}/ {answered.id}/brev"
    return [here, *(here + address for address in inner.split())]


def shown(page: Page, address: str) -> bool:
    """Open the address; False for what is downloaded, or is no page to look at."""
    answer = page.request.get(address)
    if "text/html" not in answer.headers.get("content-type", ""):
        return False
    if "attachment" in answer.headers.get("content-disposition", ""):
        return False
    opened = page.goto(address)
    assert opened is not None
    assert opened.status == 200, address
    return True


@pytest.mark.parametrize(
    ("width", "scheme"), [(320, "light"), (1280, "dark")], ids=["phone-light", "desktop-dark"]
)
def test_every_page_about_rights_is_accessible_and_fits(
    chromium: Browser, site: str, anna: cast.House, width: int, scheme: Any
) -> None:
    context = chromium.new_context(
        base_url=site, locale="sv-SE", color_scheme=scheme,
        viewport={"width": width, "height": 900},
    )  # fmt: skip
    page = context.new_page()
    sign_in(page, anna.administrator.user.email)
    number = str(anna.customer.number)
    trouble: dict[str, list[str]] = {}
    looked = 0
    for when in ("empty", "filled"):
        bare = [route.address({"number": number}) for route in lists_and_forms()]
        for address in bare if when == "empty" else [*bare, *pages_of(anna)]:
            if not shown(page, address):
                continue
            looked += 1
            found = violations(page)
            if page.evaluate("() => document.documentElement.scrollWidth > innerWidth"):
                found.append("wider than the window")
            if found:
                trouble[f"{when} {address}"] = found
            _picture(page, f"{when}-{address}", width)
    context.close()
    assert trouble == {}
    assert looked > 10


def _picture(page: Page, name: str, width: int) -> None:
    """Keep a picture for whoever wants to look: PICTURES=folder."""
    folder = os.environ.get("PICTURES")
    if folder:
        plain = name.strip("/").replace("/", "-")[-60:]
        page.screenshot(path=Path(folder) / f"{width}-{plain}.png", full_page=True)


def test_anna_asks_by_keyboard_and_reads_the_answer(page: Page, anna: cast.House) -> None:
    sign_in(page, anna.administrator.user.email)
    page.goto(f"/mina-sidor/{anna.customer.number}/integritet/")
    page.get_by_role("link", name="Begäranden").focus()
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Gör en begäran").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Om vem?").select_option("caller")
    page.get_by_role("button", name="Skicka begäran").press("Enter")
    wrong = page.get_by_label("Uppringarens nummer eller e-post")
    assert wrong.get_attribute("aria-invalid") == "true"
    wrong.fill("070-174 06 66")
    page.get_by_role("button", name="Skicka begäran").press("Enter")
    page.wait_for_url("**/integritet/arenden/*-*/")

    case = Case.objects.get()
    check_identity(case, "Inloggad", by=SYSTEM, at=database_now())
    decide(
        case, CaseState.GRANTED, ground="Artikel 15.",
        decision="Registerutdraget ligger i portalen.", by=SYSTEM, at=database_now(),
    )  # fmt: skip
    page.reload()
    assert page.get_by_text("Registerutdraget ligger i portalen.").is_visible()
    with page.expect_download() as letter:
        page.get_by_role("link", name="Ladda ner").click()
    saved = letter.value
    assert saved.suggested_filename == f"smartsvar-{case.number}.html"
    assert "Registerutdraget ligger i portalen." in Path(saved.path()).read_text()


def test_the_letter_is_printed_without_the_portal_around_it(page: Page, anna: cast.House) -> None:
    _, _, answered = requests_of(anna)
    sign_in(page, anna.administrator.user.email)
    page.goto(f"/mina-sidor/{anna.customer.number}/integritet/arenden/{answered.id}/brev?sprak=en")
    page.emulate_media(media="print")
    assert page.get_by_text("We do not grant your request.").is_visible()
    assert not page.get_by_role("navigation").first.is_visible()
    assert not page.get_by_role("link", name="In English").is_visible()
