"""Anna fetches an export in a real Chromium, opens it as she finds it, reads it and hears it."""

import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Page, expect

from customers.actions.covers import About
from customers.models import Session, Target
from customers.sessions import SessionStore
from privacy.exports.ask import ask_for_export
from privacy.exports.collect import collect_due
from smartsvar.clock import database_now
from tests import cast
from tests.journeys.keys import Keys
from tests.journeys.looking import DESK, PHONE, sized, violations, wider

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

PLAYED = "audio => { audio.muted = true; return audio.play().then(() => audio.duration); }"


def good(page: Page) -> None:
    """The page is accessible, and as wide as its window at most, on a phone and at a desk."""
    for width in (DESK, PHONE):
        sized(page, width)
        assert violations(page) == []
        assert not wider(page)


def test_anna_asks_fetches_reads_and_listens_by_keyboard(
    page: Page, anna: cast.House, tmp_path: Path
) -> None:
    cast.call_of(anna, staff=anna.staff)
    cast.message_of(anna, staff=anna.staff)
    keys = Keys(page)
    keys.sign_in(anna.administrator.user.email, cast.PASSWORD)
    page.goto(f"/mina-sidor/{anna.customer.number}/integritet/")
    keys.follow("Registerutdrag")
    keys.follow("Nytt utdrag")
    keys.follow("Beställ utdraget")
    expect(page.locator("h1")).to_contain_text("hela kontot")
    good(page)
    assert collect_due() == 1
    keys.follow("Visa hur långt det har kommit")
    keys.follow("Bekräfta med lösenordet")
    confirmed(page, keys)
    with page.expect_download() as download:
        keys.press(keys.named("Ladda ner"))
    good(page)
    fetched = tmp_path / download.value.suggested_filename
    download.value.save_as(fetched)
    with zipfile.ZipFile(fetched) as archive:
        archive.extractall(tmp_path / "open")
    reads_and_listens(page, tmp_path / "open")


def test_a_confirmation_that_is_too_old_is_asked_for_again_and_not_saved_as_a_file(
    page: Page, anna: cast.House
) -> None:
    cast.message_of(anna)
    by, at = anna.administrator, database_now()
    export = ask_for_export(anna.customer, About(target=Target.CUSTOMER), case=None, by=by, at=at)
    assert collect_due() == 1
    keys = Keys(page)
    keys.sign_in(by.user.email, cast.PASSWORD)
    page.goto(reverse("privacy:export", args=[anna.customer.number, export.id]))
    keys.follow("Bekräfta med lösenordet")
    confirmed(page, keys)
    long_ago(timedelta(minutes=6))
    keys.press(keys.named("Ladda ner"))
    page.wait_for_url("**/reauthenticate/**")
    confirmed(page, keys)
    with page.expect_download():
        keys.press(keys.named("Ladda ner"))


def long_ago(ago: timedelta) -> None:
    """As if so much time had passed since a password was given in any session."""
    for row in Session.objects.all():
        data = row.get_decoded()
        for record in data.get("account_authentication_methods", []):
            record["at"] -= ago.total_seconds()
        row.session_data = SessionStore().encode(data)
        row.save(update_fields=["session_data"])


def confirmed(page: Page, keys: Keys) -> None:
    """Anna gives her password once more, and is led back to the export."""
    keys.write(page.get_by_label("Lösenord"), cast.PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/utdrag/*/")


def reads_and_listens(page: Page, folder: Path) -> None:
    """The archive as she finds it, with no server behind it."""
    page.goto((folder / "index.html").as_uri())
    expect(page.locator("h1")).to_have_text("Registerutdrag")
    good(page)
    calls = page.locator("section", has=page.locator("h3", has_text="nspelningar"))
    Keys(page).press(calls.locator("a").first)
    expect(page.locator("main")).to_contain_text(cast.PLANTED_NAME)
    good(page)
    assert page.locator("audio").evaluate(PLAYED) == 2.0
