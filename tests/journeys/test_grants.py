"""Anna lets Sven hear one call, ends it while he listens, and sees that he did; then she signs."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from allauth.mfa.totp.internal.auth import (
    TOTP,
    format_hotp_value,
    generate_totp_secret,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core import mail as outbox
from playwright.sync_api import Browser, Page, Response, expect

from customers.models import User
from customers.second_factor import second_factor_of
from privacy.agreements.telling import tell_waiting
from recordings.listening import let_listen
from recordings.models import Recording
from smartsvar.clock import database_now
from tests import cast
from tests.journeys.keys import Keys
from tests.journeys.looking import violations, wider

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

SECONDS = 1800
RATE = 16_000  # bytes that one second of the tone takes
LIMIT = 256 * 1024
WITHIN = 8_000  # ms: the player asks every third second
AHEAD = 4 * 1024 * 1024  # bytes that Chromium may have fetched beyond what it had played
DONE = "() => !document.querySelector('audio').hasAttribute('src')"
EMPTY = "() => document.querySelector('audio').readyState === 0"
POSITION = "() => document.querySelector('audio').currentTime"


@pytest.fixture
def svens(chromium: Browser, site: str, sven: User) -> Iterator[Page]:
    """Sven's own window: signed in with his second factor, and one of the few who may listen."""
    with second_factor_of(sven):
        TOTP.activate(sven, secret := generate_totp_secret())
    let_listen(sven, at=database_now())
    context = chromium.new_context(base_url=site, locale="sv-SE")
    window = context.new_page()
    window.goto("/admin/")
    window.fill("input[name=login]", sven.email)
    window.fill("input[name=password]", cast.PASSWORD)
    window.press("input[name=password]", "Enter")
    *_, counter = yield_hotp_counters_from_time()
    window.fill("input[name=code]", format_hotp_value(hotp_value(secret, counter)))
    window.press("input[name=code]", "Enter")
    window.wait_for_url("**/admin/")
    yield window
    context.close()


class Wire:
    """The parts of audio that were answered."""

    def __init__(self, page: Page) -> None:
        self.statuses: list[int] = []
        self.ends = [0]
        self.largest = 0
        page.on("response", self._note)

    def _note(self, response: Response) -> None:
        if not response.url.endswith("/audio") or response.request.method == "HEAD":
            return
        self.statuses.append(response.status)
        found = re.match(r"bytes (\d+)-(\d+)/", response.headers.get("content-range", ""))
        if found:
            first, last = int(found[1]), int(found[2])
            self.ends.append(last + 1)
            self.largest = max(self.largest, last - first + 1)


def looked_at(page: Page, name: str) -> None:
    """The page is accessible and fits, wide and narrow; a picture for whoever wants one."""
    for width in (360, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        assert not wider(page), (name, width)
        assert violations(page) == [], (name, width)
        if folder := _pictures():
            page.screenshot(path=folder / f"{name}-{width}.png", full_page=True)


def _pictures() -> Path | None:
    return Path(os.environ["PICTURES"]) if os.environ.get("PICTURES") else None


def granted_by_anna(page: Page, keys: Keys, house: cast.House, call: Recording) -> None:
    page.goto(f"/mina-sidor/{house.customer.number}/samtal/{call.id}/")
    keys.follow("Låt supporten lyssna på samtalet")
    keys.write(page.get_by_label("Varför ska supporten lyssna?"), "Det knastrar i slutet.")
    keys.choose(page.get_by_label("Hur länge får supporten lyssna?"), "En timme")
    keys.press(keys.named("Låt supporten lyssna", exact=True))
    page.wait_for_url("**/integritet/lyssning/")


def test_sven_falls_silent_when_anna_ends_it_and_she_sees_that_he_listened(
    page: Page, svens: Page, anna: cast.House
) -> None:
    """All that Anna does she does by keyboard."""
    call = cast.call_of(anna, audio=cast.tone(SECONDS))
    keys = Keys(page)
    keys.sign_in(anna.administrator.user.email, cast.PASSWORD)
    granted_by_anna(page, keys, anna, call)
    svens.goto("/admin/recordings/listeninggrant/")
    svens.locator("#result_list tbody a").first.click()
    svens.get_by_role("button", name="Läs skälet").click()
    expect(svens.locator("#content")).to_contain_text("Det knastrar i slutet.")
    looked_at(svens, "admin-reason")
    with svens.expect_navigation():
        svens.get_by_role("link", name="Samtal", exact=True).last.click()
    looked_at(svens, "admin-calls")
    wire = Wire(svens)
    with svens.expect_navigation():
        svens.locator("#content-main table a").first.click()
    looked_at(svens, "admin-player")
    svens.evaluate("() => document.querySelector('audio').play()")
    svens.wait_for_function("() => document.querySelector('audio').currentTime > 1")
    played = svens.evaluate(POSITION)
    assert set(wire.statuses) == {206}
    assert wire.largest <= LIMIT
    ahead = max(wire.ends) - played * RATE
    print(f"fetched ahead: {ahead:.0f} bytes, {ahead / RATE:.0f} s, of {call.size}")
    assert ahead < AHEAD < call.size

    keys.press(keys.named("Återkalla"))
    expect(page.locator(".flash")).to_contain_text("återkallat")
    svens.wait_for_function(DONE, timeout=WITHIN)
    alert = svens.get_by_role("alert")
    expect(alert).to_contain_text("Det är inte längre tillåtet att lyssna")
    assert svens.evaluate(EMPTY), "what was fetched ahead is dropped"
    looked_at(svens, "admin-ended")
    source = f"{svens.url}audio"
    again = svens.request.get(source, headers={"Range": f"bytes={max(wire.ends)}-"})
    assert (again.status, again.body()) == (403, b"")

    told_to_anna(page, anna, call)


def told_to_anna(page: Page, house: cast.House, call: Recording) -> None:
    """Beside the permission, on the call's page, and among all who have seen something."""
    page.reload()
    expect(page.locator("main")).to_contain_text("Smartsvars support")
    expect(page.locator("main")).to_contain_text("lyssnade på en inspelning")
    page.goto(f"/mina-sidor/{house.customer.number}/samtal/{call.id}/")
    expect(page.locator("main")).to_contain_text("Smartsvars support")
    page.goto(f"/mina-sidor/{house.customer.number}/integritet/insyn/")
    page.get_by_label("Vem").select_option("support")
    page.get_by_role("button", name="Visa", exact=True).click()
    expect(page.locator("main .rows > li").first).to_be_visible()
    with page.expect_download() as saved:
        page.get_by_role("link", name="Spara som CSV").click()
    assert "lyssnade på en inspelning" in Path(saved.value.path()).read_text("utf-8-sig")


def test_anna_signs_the_agreement_by_keyboard(page: Page, anna: cast.House, tmp_path: Path) -> None:
    email = anna.administrator.user.email
    keys = Keys(page)
    keys.sign_in(email, cast.PASSWORD)
    page.goto(f"/mina-sidor/{anna.customer.number}/integritet/")
    keys.follow("Läs det och skriv under")
    keys.follow("Skriv under")
    keys.write(page.get_by_label("Ditt namn"), "Anna Ank")
    keys.write(page.get_by_label("Din befattning i företaget"), "VD")
    keys.press(page.get_by_role("checkbox"), "Space")
    keys.follow("Mejla mig koden")
    page.wait_for_url("**/avtal/signera/*-*")
    tell_waiting()
    code = re.search(r"\b\d{8}\b", str(outbox.outbox[-1].body))
    assert code is not None
    keys.write(page.get_by_label("Koden från mejlet"), code[0])
    page.keyboard.press("Enter")
    page.wait_for_url("**/integritet/avtal/")
    expect(page.locator("main")).to_contain_text("Anna Ank")
    looked_at(page, "agreement-signed")
    with page.expect_download() as file:
        keys.press(keys.named("PDF"))
    file.value.save_as(tmp_path / "avtal.pdf")
    assert (tmp_path / "avtal.pdf").read_bytes().startswith(b"%PDF-")
    if folder := _pictures():
        file.value.save_as(folder / "avtal.pdf")
