"""The open pages in a real Chromium: axe finds nothing, they fit, and no cookie is kept quiet."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Response

from smartsvar.audit.actors import SYSTEM
from smartsvar.bulletins.actions import publish as announce
from smartsvar.bulletins.models import Bulletin
from smartsvar.clock import database_now
from tests import cast
from tests.journeys.conftest import sign_in
from tests.journeys.test_pages import violations
from tests.privacy import papers
from tests.processes import web_server

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)
LOOKS = [("sv-SE", 320, "light"), ("en-GB", 1280, "dark"), ("sv-SE", 1280, "light"),
         ("en-GB", 320, "dark")]  # fmt: skip
FIRST_VIEW = 100 * 1024  # bytes over the wire


def addresses() -> list[str]:
    """Every open page, with something on it."""
    at, kept, terms = database_now(), papers.version(), papers.published_terms()
    for kind, begins in (("maintenance", 30), ("disturbance", -50), ("disturbance", -1)):
        start = at + timedelta(hours=begins)
        made = Bulletin(
            kind=kind, starts_at=start, ends_at=start + timedelta(hours=2), title_sv="Rubrik",
            title_en="Heading", text_sv="Text.", text_en="Text.",
        )  # fmt: skip
        announce(made, by=SYSTEM, at=at)
    return [
        "/", "/status/", "/kakor/", "/kontakt/", "/kontakt/tack", "/integritetspolicy/",
        "/integritetspolicy/versioner/", f"/integritetspolicy/versioner/{kept.pk}/", "/villkor/",
        f"/villkor/{terms.pk}/", "/underbitraden/", "/finns-inte/",
    ]  # fmt: skip


@pytest.mark.parametrize(("locale", "width", "scheme"), LOOKS)
def test_every_open_page_is_accessible_and_fits(
    chromium: Browser, site: str, locale: str, width: int, scheme: Any
) -> None:
    context = chromium.new_context(
        base_url=site, locale=locale, color_scheme=scheme,
        viewport={"width": width, "height": 900},
    )  # fmt: skip
    page, trouble = context.new_page(), {}
    for address in addresses():
        page.goto(address)
        trouble[address] = violations(page)
        wanted = "sv" if address == "/finns-inte/" else locale[:2]
        if page.get_attribute("html", "lang") != wanted:
            trouble[address].append("says another language than it speaks")
        if page.evaluate("() => document.documentElement.scrollWidth > innerWidth"):
            trouble[address].append("wider than the window")
    context.close()
    assert {address: found for address, found in trouble.items() if found} == {}


def test_what_waits_for_anna_is_accessible_and_accepted_by_keyboard(
    page: Page, anna: cast.House
) -> None:
    papers.published_terms()
    sign_in(page, anna.administrator.user.email)
    page.get_by_role("link", name="Läs och godkänn").click()
    assert violations(page) == []
    page.get_by_role("button", name="Vi godkänner den här versionen").press("Enter")
    page.get_by_text("Det är noterat att ni har godkänt villkoren.").wait_for()
    assert violations(page) == []


@pytest.fixture
def fresh_site(site: str, tmp_path: Path) -> Iterator[str]:
    """A server of its own: another may remember the house's keys, flushed after the last test."""
    with web_server(tmp_path / "web.log") as address:
        yield address


def test_zacharias_writes_to_us_without_javascript(chromium: Browser, fresh_site: str) -> None:
    context = chromium.new_context(base_url=fresh_site, locale="sv-SE", java_script_enabled=False)
    page = context.new_page()
    page.goto("/kontakt/")
    page.get_by_label("Namn").fill("Zacharias")
    page.get_by_label("Vad gäller det?").fill("Hej")
    page.get_by_role("button", name="Skicka").click()
    assert page.get_by_label("Namn").input_value() == "Zacharias"
    page.get_by_label("E-post").fill("z@planterad.example")
    page.get_by_role("button", name="Skicka").click()
    page.get_by_role("heading", name="Vi har tagit emot det").wait_for()
    context.close()


def test_no_cookie_is_set_that_the_page_of_cookies_does_not_name(
    chromium: Browser, site: str, anna: cast.House
) -> None:
    context = chromium.new_context(base_url=site, locale="sv-SE")
    page, seen = context.new_page(), set[str]()
    here = f"/mina-sidor/{anna.customer.number}/"

    def look() -> None:
        seen.update(str(cookie["name"]) for cookie in context.cookies())
        kept = page.evaluate("() => [...Object.keys(localStorage), ...Object.keys(sessionStorage)]")
        seen.update(f"storage {name}" for name in kept)

    def hear(answer: Response) -> None:
        seen.update(names_set_by(answer.headers_array()))

    page.on("response", hear)
    for address in addresses():
        page.goto(address)
        look()
    page.goto("/")
    page.get_by_role("button", name="English").click()
    sign_in(page, anna.administrator.user.email)
    for inner in ("", "samtal/", "meddelanden/", "personal/", "installningar/", "integritet/"):
        page.goto(here + inner)
        look()
    page.goto(here + "installningar/")
    page.locator("main form button").first.click()
    look()
    page.goto("/kakor/")
    named = set(page.locator("main th[scope=row]").all_inner_texts())
    context.close()
    assert seen <= named
    assert len(seen) >= 3, "the walk saw the cookies there are"


def names_set_by(headers: Sequence[Mapping[str, object]]) -> set[str]:
    values = [str(each["value"]) for each in headers if each["name"] == "set-cookie"]
    return {value.split("=", 1)[0] for value in values}


@pytest.mark.parametrize("inner", ["", "mina-sidor", "samtal"])
def test_a_first_view_is_light(chromium: Browser, site: str, anna: cast.House, inner: str) -> None:
    for _ in range(12):
        cast.call_of(anna, audio=cast.tone(0.2))
        cast.message_of(anna)
    context = chromium.new_context(base_url=site, locale="sv-SE")
    page = context.new_page()
    here = f"/mina-sidor/{anna.customer.number}/"
    address = {"": "/", "mina-sidor": here, "samtal": here + "samtal/"}[inner]
    if inner:
        sign_in(page, anna.administrator.user.email)
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    sizes: list[float] = []
    session.on("Network.loadingFinished", lambda said: sizes.append(said["encodedDataLength"]))
    page.goto(address, wait_until="networkidle")
    context.close()
    assert len(sizes) >= 2, "the page and its style were counted"
    assert sum(sizes) <= FIRST_VIEW
