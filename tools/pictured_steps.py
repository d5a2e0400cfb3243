"""Pages that only come when something is done: each function does it, and stops at every page.

What they yield is the picture's name; whoever takes it then asks for the next page.
"""

import re
import time
from collections.abc import Iterator

from playwright.sync_api import Page

CALLER = "070-174 06 43"  # of the demo's callers: has calls, messages and a request
WITHIN = 60  # seconds for a mail
LINK = re.compile(r"/inbjudan/[^/\s]+/")
REGISTER = "Namn;Titel;Telefon;Rum\nSune Sagoman;Montör;070-174 06 98;12\n"
KEY = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True,
    "hasUserVerification": True, "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


def invitation(page: Page) -> Iterator[str]:
    """Follow the link of the newest invitation mailed; nobody is signed in."""
    deadline = time.monotonic() + WITHIN
    page.goto("/demo/mail/")
    mail = page.get_by_role("link", name="Din inbjudan till Mina Sidor").first
    while not mail.is_visible():
        if time.monotonic() > deadline:
            raise LookupError("no invitation was mailed")
        page.wait_for_timeout(1000)
        page.reload()
    mail.click()
    found = LINK.search(page.locator("main").inner_text())
    if found is None:
        raise LookupError("an invitation has no link")
    page.goto(found[0])
    yield "invitation"


def note(page: Page, house: str) -> Iterator[str]:
    """Send a note of no words."""
    page.goto(f"{house}/meddelanden/")
    page.locator("main a[href*='/meddelanden/0']").first.click()
    page.locator("form[action$='/anteckning'] button").click()
    yield "note-new"


def register(page: Page, house: str) -> Iterator[str]:
    """Send in a register, and look at what it would change."""
    page.goto(f"{house}/personal/import")
    file = {"name": "personal.csv", "mimeType": "text/csv", "buffer": REGISTER.encode()}
    page.set_input_files("main input[type=file]", file)  # type: ignore[arg-type]
    page.locator("main form button.button").click()
    yield "import-plan"


def caller(page: Page, house: str) -> Iterator[str]:
    """Find a caller; look at what a restriction and an erasure would do; erase."""
    _find(page, house)
    yield "finder"
    page.locator("form[action$='/begransa/uppringare'] button").click()
    yield "caller-restrict"
    _find(page, house)
    page.locator("form[action$='/radera/uppringare'] button").click()
    yield "erasure"
    page.fill("main input[name=confirm]", CALLER)
    page.locator("button.danger").click()
    yield "erasure-asked"


def _find(page: Page, house: str) -> None:
    page.goto(f"{house}/integritet/sok/")
    page.fill("main input[name=caller]", CALLER)
    page.press("main input[name=caller]", "Enter")
    page.locator("form[action$='/radera/uppringare'] button").wait_for()


def signing(page: Page, house: str) -> Iterator[str]:
    """Begin to sign the agreement."""
    page.goto(f"{house}/integritet/avtal/")
    page.get_by_role("link", name="skriv under").click()
    yield "agreement-sign"
    page.fill("main input[name=title]", "Verkställande direktör")
    page.check("main input[name=entitled]")
    page.locator("main form button.button").click()
    yield "agreement-code"


def passkey(page: Page, login: dict[str, str]) -> Iterator[str]:
    """Add a passkey, kept by an authenticator that the browser plays; sign in half way."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
    page.goto("/mina-sidor/")
    yield "customers"
    page.goto("/konto/2fa/webauthn/add/")
    if "/reauthenticate/" in page.url:
        page.fill("main input[name=password]", login["password"])
        page.press("main input[name=password]", "Enter")
    page.fill("main input[name=name]", "Datorn på kontoret")
    page.get_by_role("button", name="Lägg till en passnyckel").click()
    page.wait_for_selector("pre.codes")
    yield "recovery-codes"
    page.goto("/konto/2fa/recovery-codes/generate/")
    yield "recovery-codes-new"
    for name, ending in {"passkey-name": "edit", "passkey-remove": "remove"}.items():
        page.goto("/konto/")
        page.locator(f"main a[href$='/{ending}/']").first.click()
        yield name
    page.get_by_role("button", name="Logga ut", exact=True).first.click()
    page.wait_for_url("**/")
    page.goto("/konto/login/")
    page.fill("input[name=login]", login["email"])
    page.fill("input[name=password]", login["password"])
    page.press("input[name=password]", "Enter")
    yield "second-factor-asked"
