"""A passkey in a real Chromium, kept by an authenticator that the browser itself plays."""

from typing import Any

import pytest
from playwright.sync_api import Page

from customers.models import SignInEvent
from tests import cast
from tests.journeys.conftest import sign_in
from tests.journeys.looking import violations

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)
KEY = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
    "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


@pytest.fixture
def authenticator(page: Page) -> Any:
    """What stands for the phone's or computer's own: it says yes by itself."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    made = session.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
    return lambda verified: session.send(
        "WebAuthn.setUserVerified",
        {"authenticatorId": made["authenticatorId"], "isUserVerified": verified},
    )


def sign_out(page: Page) -> None:
    page.get_by_role("button", name="Logga ut", exact=True).first.click()
    page.wait_for_url("**/")
    page.goto("/konto/login/")


def test_rut_adds_a_passkey_and_signs_in_with_it_alone(
    page: Page, authenticator: Any, anna: cast.House
) -> None:
    sign_in(page, anna.reader.user.email)
    page.goto("/konto/")
    with page.expect_navigation():
        page.get_by_role("link", name="Lägg till en passnyckel").click()
    if "reauthenticate" in page.url:
        page.fill("input[name=password]", cast.PASSWORD)
        with page.expect_navigation():
            page.get_by_role("button", name="Bekräfta").click()
    assert violations(page) == []
    page.fill("input[name=name]", "Ruts dator")
    page.get_by_role("button", name="Lägg till en passnyckel").click()
    page.wait_for_selector("pre.codes")
    assert "Passnyckeln är tillagd." in page.content()
    codes = page.locator("pre.codes").inner_text().split()
    assert len(codes) == 10
    with page.expect_download() as download:
        page.get_by_role("link", name="Ladda ner koderna").click()
    assert download.value.path().read_text().split() == codes
    page.reload()
    assert codes[0] not in page.content(), "they are shown once"
    page.goto("/konto/")
    assert "Ruts dator" in page.content()
    assert violations(page) == []
    sign_out(page)
    page.get_by_role("button", name="Logga in med en passnyckel").click()
    page.wait_for_url("**/mina-sidor/**")
    kinds = {each.kind for each in SignInEvent.objects.filter(user=anna.reader.user)}
    assert kinds >= {SignInEvent.Kind.SIGNED_IN, SignInEvent.Kind.FACTOR_ADDED}
    sign_out(page)
    sign_in_with_second_step(page, anna.reader.user.email)


def sign_in_with_second_step(page: Page, email: str) -> None:
    """With the password alone she does not get in: the passkey is asked for."""
    page.fill("input[name=login]", email)
    page.fill("input[name=password]", cast.PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url("**/2fa/authenticate/")
    assert violations(page) == []
    told = page.locator("main").inner_text()
    assert "Använd din passnyckel nedan" in told, "she has no authenticator app"
    page.get_by_role("button", name="Använd en passnyckel").click()
    page.wait_for_url("**/mina-sidor/**")


def test_a_passkey_whose_owner_does_not_show_that_it_is_her_opens_nothing(
    page: Page, authenticator: Any, anna: cast.House
) -> None:
    page.goto("/konto/login/")
    authenticator(False)
    page.get_by_role("button", name="Logga in med en passnyckel").click()
    page.get_by_text("Passnyckeln användes inte.").wait_for()
    assert "/konto/login/" in page.url
