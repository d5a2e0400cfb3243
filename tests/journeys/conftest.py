"""A real Chromium against the real site, over HTTP on loopback."""

import os
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests import cast
from tests.processes import empty_ledger, web_server

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--mute-audio",
]


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One browser for the whole run; every test opens a context of its own."""
    # Playwright's loop runs in this thread, and Django would refuse the ORM beside it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ["CHROMIUM_PATH"], headless=True, args=FLAGS
        )
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def site(django_db_setup: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a real web server on the test's databases, over plain HTTP on loopback."""
    empty_ledger()
    with web_server(tmp_path_factory.mktemp("web") / "web.log") as address:
        yield address


@pytest.fixture
def page(chromium: Browser, site: str) -> Iterator[Page]:
    """A page in a fresh Swedish browser window; script errors and CSP refusals fail the test."""
    context = chromium.new_context(
        base_url=site, locale="sv-SE", viewport={"width": 1280, "height": 900}
    )
    window = context.new_page()
    trouble: list[str] = []
    window.on("pageerror", lambda error: trouble.append(str(error)))
    window.on(
        "console",
        lambda said: trouble.append(said.text) if "Content Security" in said.text else None,
    )
    yield window
    context.close()
    assert trouble == []


def sign_in(page: Page, email: str) -> None:
    """Sign in by the form, as a person does."""
    page.goto("/konto/login/")
    page.fill("input[name=login]", email)
    page.fill("input[name=password]", cast.PASSWORD)
    page.press("input[name=password]", "Enter")
    page.wait_for_url("**/mina-sidor/**")
