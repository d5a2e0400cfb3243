"""Pictures for the README and the docs, taken of a demo of their own: `make screenshots`."""

import json
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, sync_playwright

from smartsvar.demo.children import StartError, free_ports, spawn, wait_until
from tests.services.browser import chromium
from tools import pictured_steps as steps
from tools.opened_export import NotAsPromised, checked, fetch, with_sound
from tools.pictured_pages import OPEN, OPENED, addresses, is_of
from tools.throwaway import inherited

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "screenshots"
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
WIDTHS = {"desktop": (1280, 800), "phone": (360, 780)}


@contextmanager
def demo(folder: Path) -> Iterator[tuple[str, list[dict[str, str]]]]:
    """Run the demo in `folder`; yields its address and its people's logins, support's first."""
    (port,) = free_ports(1)
    env = inherited() | {"VAR_DIR": str(folder / "var"), "PORT": str(port)}
    child = spawn(
        "demo", [sys.executable, "-m", "smartsvar.demo.run"], logs=folder, env=env, cwd=ROOT
    )
    try:
        wait_until(lambda: "Ctrl-C ends" in child.log.read_text(), child, within=180)
        facts = json.loads((folder / "var" / "demo.json").read_text())
        yield f"http://127.0.0.1:{port}", facts["logins"]
    finally:
        child.stop(within=30)


def opened(browser: Browser, device: str, site: str) -> Page:
    """Return a Swedish reader's window of the device's width."""
    width, height = WIDTHS[device]
    return browser.new_page(
        base_url=site, locale="sv-SE", viewport={"width": width, "height": height}
    )


def sign_in(page: Page, login: dict[str, str]) -> str:
    """Sign in by the form; returns the address of the customer's first page, no slash behind."""
    page.goto("/konto/login/")
    page.fill("input[name=login]", login["email"])
    page.fill("input[name=password]", login["password"])
    page.press("input[name=password]", "Enter")
    page.wait_for_url("**/mina-sidor/**")
    return page.url.rstrip("/")


def keep(page: Page, name: str, device: str) -> None:
    """Take the picture, once the page of that name is there."""
    if name not in OPENED:
        page.wait_for_url(lambda url: is_of(name, urlsplit(url).path))
    picture = TARGET / f"{name}-{device}.png"
    page.screenshot(path=picture)
    print(picture.relative_to(ROOT), flush=True)


def take_pages(page: Page, house: str, device: str, password: str) -> None:
    """Take what has an address of its own, or is led to by a link."""
    for name, address in addresses(page, house).items():
        page.goto(address)
        if "/reauthenticate/" in page.url:
            keep(page, "sign-in-again", device)
            page.fill("main input[name=password]", password)
            page.press("main input[name=password]", "Enter")
            page.wait_for_url(f"**{address}")
        keep(page, name, device)


def take_open_pages(page: Page, device: str) -> None:
    """Take what everybody may see, before signing in."""
    for name, address in OPEN.items():
        page.goto(address)
        keep(page, name, device)


def take_steps(page: Page, pages: Iterator[str]) -> None:
    """Take each page that something done leads to, in every width."""
    for name in pages:
        for device, (width, height) in WIDTHS.items():
            page.set_viewport_size({"width": width, "height": height})
            keep(page, name, device)


def take_what_is_done(browser: Browser, site: str, *people: dict[str, str]) -> None:
    """Do what these three can: administrators of two customers, and a reader of both."""
    karin, goran, britta = people
    page = opened(browser, "desktop", site)
    take_steps(page, steps.invitation(page))
    house = sign_in(page, karin)
    take_steps(page, steps.note(page, house))
    take_steps(page, steps.register(page, house))
    take_steps(page, steps.caller(page, house))
    page = opened(browser, "desktop", site)
    take_steps(page, steps.signing(page, sign_in(page, goran)))
    page = opened(browser, "desktop", site.replace("127.0.0.1", "localhost"))
    sign_in(page, britta)  # a passkey is of a name, never of an IP address
    take_steps(page, steps.passkey(page, britta))


def take_an_export(browser: Browser, site: str, login: dict[str, str], folder: Path) -> None:
    """Fetch an export as a customer does, check it, and take it as it looks when opened."""
    desk = opened(browser, "desktop", site)
    house = sign_in(desk, login)
    fetch(desk, house, password=login["password"], into=folder)
    asked = desk.url
    checked(folder)
    for device in WIDTHS:
        page = desk if device == "desktop" else opened(browser, device, site)
        if page is not desk:
            sign_in(page, login)
        page.goto(asked)
        keep(page, "export-page", device)
        page.goto((folder / "index.html").as_uri())
        keep(page, "export", device)
        with_sound(page, folder)
        keep(page, "export-records", device)
        page.close()


def main() -> int:
    TARGET.mkdir(parents=True, exist_ok=True)
    try:
        browser_path = chromium()
        with (
            tempfile.TemporaryDirectory() as folder,
            demo(Path(folder)) as (site, (_, karin, _, britta, goran, _)),
            sync_playwright() as playwright,
        ):
            browser = playwright.chromium.launch(executable_path=browser_path, args=FLAGS)
            for device in WIDTHS:
                page = opened(browser, device, site)
                take_open_pages(page, device)
                take_pages(page, sign_in(page, karin), device, karin["password"])
                page.close()
            take_an_export(browser, site, karin, Path(folder) / "export")
            take_what_is_done(browser, site, karin, goran, britta)
            browser.close()
    except (StartError, NotAsPromised, LookupError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
