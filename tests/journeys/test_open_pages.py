"""The open pages in a real Chromium: they are used, and no cookie is kept quiet."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Response

from smartsvar.audit.actors import SYSTEM
from smartsvar.bulletins.actions import publish as announce
from smartsvar.bulletins.models import Bulletin
from smartsvar.clock import database_now
from tests import cast
from tests.journeys.conftest import sign_in
from tests.journeys.keys import Keys
from tests.journeys.looking import violations
from tests.privacy import papers
from tests.processes import web_server

pytestmark = [
    pytest.mark.django_db(databases="__all__", transaction=True),
    pytest.mark.either_stack,
]


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


def test_what_waits_for_anna_is_accessible_and_accepted_by_keyboard(
    page: Page, anna: cast.House
) -> None:
    papers.published_terms()
    sign_in(page, anna.administrator.user.email)
    keys = Keys(page)
    keys.follow("Läs och godkänn")
    assert violations(page) == []
    keys.follow("Vi godkänner den här versionen")
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
    with page.expect_navigation():
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
