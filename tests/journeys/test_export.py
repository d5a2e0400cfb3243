"""Anna fetches an export in a real Chromium, opens it as she finds it, reads it and hears it."""

import zipfile
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from privacy.exports.collect import collect_due
from tests import cast
from tests.journeys.conftest import sign_in
from tests.journeys.test_pages import violations

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

PLAYED = "audio => { audio.muted = true; return audio.play().then(() => audio.duration); }"


def fits(page: Page) -> bool:
    wider: bool = page.evaluate("() => document.documentElement.scrollWidth > innerWidth")
    return not wider


def good(page: Page) -> None:
    """The page is accessible, and as wide as its window at most."""
    assert violations(page) == []
    assert fits(page)


@pytest.mark.parametrize("width", [320, 1280])
def test_anna_asks_fetches_reads_and_listens(
    chromium: Browser, site: str, anna: cast.House, tmp_path: Path, width: int
) -> None:
    cast.call_of(anna, staff=anna.staff)
    cast.message_of(anna, staff=anna.staff)
    size: Any = {"width": width, "height": 900}
    context = chromium.new_context(base_url=site, locale="sv-SE", viewport=size)
    page = context.new_page()
    sign_in(page, anna.administrator.user.email)
    page.goto(f"/mina-sidor/{anna.customer.number}/integritet/")
    page.click("text=Registerutdrag")
    good(page)
    page.click("text=Nytt utdrag")
    good(page)
    page.click("text=Beställ utdraget")
    expect(page.locator("h1")).to_contain_text("hela kontot")
    good(page)
    assert collect_due() == 1
    page.click("text=Visa hur långt det har kommit")
    good(page)
    page.click("text=Bekräfta med lösenordet")
    page.fill("input[name=password]", cast.PASSWORD)
    page.press("input[name=password]", "Enter")
    with page.expect_download() as download:
        page.click("text=Ladda ner")
    good(page)
    fetched = tmp_path / download.value.suggested_filename
    download.value.save_as(fetched)
    with zipfile.ZipFile(fetched) as archive:
        archive.extractall(tmp_path / "open")
    page.goto((tmp_path / "open" / "index.html").as_uri())
    expect(page.locator("h1")).to_have_text("Registerutdrag")
    good(page)
    page.locator("section", has=page.locator("h3", has_text="nspelningar")).locator("a").click()
    expect(page.locator("main")).to_contain_text(cast.PLANTED_NAME)
    good(page)
    assert page.locator("audio").evaluate(PLAYED) == 2.0
    context.close()
