"""A broker's identity in a real Chromium: connected, signed in with, refused; the policy holds."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from customers.models import SignInEvent
from tests import cast
from tests.broker import CLIENT, SECRET, Broker, broker_on_loopback
from tests.journeys.conftest import page as page  # a fixture
from tests.journeys.conftest import sign_in
from tests.journeys.looking import violations
from tests.journeys.test_passkey import sign_out
from tests.processes import empty_ledger, web_server

pytestmark = [
    pytest.mark.django_db(databases="__all__", transaction=True),
    pytest.mark.either_stack,
]


@pytest.fixture(scope="module")
def broker() -> Iterator[Broker]:
    """Of two origins: it sends the browser from one to the other, and from there back."""
    with broker_on_loopback() as running:
        yield running


@pytest.fixture(scope="module")
def site(
    django_db_setup: None, broker: Broker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A web server that is set up with the broker as an operator does it."""
    empty_ledger()
    extra = {
        "OIDC_NAME": "BankID", "OIDC_ISSUER": broker.address, "OIDC_CLIENT_ID": CLIENT,
        "OIDC_CLIENT_SECRET": SECRET, "OIDC_COUNTRY": "SE",
    }  # fmt: skip
    with web_server(tmp_path_factory.mktemp("web") / "web.log", extra) as address:
        yield address


def fits(page: Page) -> bool:
    return not page.evaluate("() => document.documentElement.scrollWidth > innerWidth")


def test_rut_connects_bankid_and_signs_in_with_it(
    page: Page, broker: Broker, anna: cast.House
) -> None:
    page.goto("/konto/login/")
    page.get_by_role("button", name="Logga in med BankID").click()
    page.wait_for_url("**/konto/eid/nej/inte-kopplad")
    assert page.get_by_role("heading", name="Den legitimationen loggar inte in här").is_visible()
    assert violations(page) == []
    sign_in(page, anna.reader.user.email)
    page.goto("/konto/")
    assert violations(page) == []
    page.get_by_role("link", name="Koppla BankID").click()
    page.fill("input[name=password]", cast.PASSWORD)
    page.get_by_role("button", name="Bekräfta").click()
    page.wait_for_url("**/konto/eid/koppla")
    assert violations(page) == []
    page.get_by_role("button", name="Gå till BankID").click()
    page.get_by_text("Du kan nu logga in med BankID.").wait_for()
    sign_out(page)
    page.get_by_role("button", name="Logga in med BankID").click()
    page.wait_for_url("**/mina-sidor/**")
    kinds = {each.kind for each in SignInEvent.objects.filter(user=anna.reader.user)}
    assert kinds >= {SignInEvent.Kind.SIGNED_IN, SignInEvent.Kind.IDENTITY_ADDED}
    page.goto("/konto/")
    page.get_by_role("link", name="Koppla bort").click()
    page.fill("input[name=password]", cast.PASSWORD)
    with page.expect_navigation():
        page.get_by_role("button", name="Bekräfta").click()
    assert violations(page) == []
    page.get_by_role("button", name="Koppla bort").click()
    page.get_by_text("BankID loggar inte längre in dig.").wait_for()


def test_it_works_without_scripts_and_fits_a_phone(
    chromium: Browser, site: str, broker: Broker, anna: cast.House
) -> None:
    context = chromium.new_context(
        base_url=site, locale="sv-SE", java_script_enabled=False,
        viewport={"width": 320, "height": 700},
    )  # fmt: skip
    page = context.new_page()
    page.goto("/konto/login/?next=/konto/")
    page.get_by_role("button", name="Logga in med BankID").click()
    page.wait_for_url("**/konto/eid/nej/inte-kopplad")
    context.close()


@pytest.mark.parametrize("why", ["inte-kopplad", "inget-att-svara-pa", "avbrutet",
                                 "inte-verifierat", "svarar-inte"])  # fmt: skip
def test_why_it_did_not_open_is_readable_on_a_phone(page: Page, why: str) -> None:
    page.set_viewport_size({"width": 320, "height": 700})
    page.goto(f"/konto/eid/nej/{why}")
    assert violations(page) == []
    assert fits(page)
    page.get_by_role("button", name="English").click()
    page.wait_for_selector("html[lang=en]")
    assert page.url.endswith(why), "the page stays the page in the other language"
