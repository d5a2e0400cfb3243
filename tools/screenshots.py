"""Pictures for the README, taken of a demo of their own: `make screenshots`."""

import json
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from smartsvar.demo.children import StartError, free_ports, spawn, wait_until
from tests.services.browser import chromium
from tools.throwaway import inherited

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "screenshots"
FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
WIDTHS = {"desktop": (1280, 800), "phone": (390, 844)}
CALL = re.compile(r"/samtal/[0-9a-f-]{36}/$")


@contextmanager
def demo(folder: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Run the demo in `folder`; yields its address and the first customer's login."""
    (port,) = free_ports(1)
    env = inherited() | {"VAR_DIR": str(folder / "var"), "PORT": str(port)}
    child = spawn(
        "demo", [sys.executable, "-m", "smartsvar.demo.run"], logs=folder, env=env, cwd=ROOT
    )
    try:
        wait_until(lambda: "Ctrl-C ends" in child.log.read_text(), child, within=180)
        facts = json.loads((folder / "var" / "demo.json").read_text())
        yield f"http://127.0.0.1:{port}", facts["logins"][1]  # the first is support's
    finally:
        child.stop(within=30)


def sign_in(page: Page, login: dict[str, str]) -> None:
    page.goto("/konto/login/")
    page.fill("input[name=login]", login["email"])
    page.fill("input[name=password]", login["password"])
    page.press("input[name=password]", "Enter")
    page.wait_for_url("**/mina-sidor/**")


def take(browser: Browser, site: str, login: dict[str, str], device: str) -> None:
    """Walk through Mina Sidor at one width and keep a picture of each page."""
    width, height = WIDTHS[device]
    page = browser.new_page(
        base_url=site, locale="sv-SE", viewport={"width": width, "height": height}
    )
    sign_in(page, login)
    house = page.url.rstrip("/")
    pages = {"overview": house + "/", "calls": house + "/samtal/"}
    page.goto(pages["calls"])
    calls = [link.get_attribute("href") or "" for link in page.locator("a").all()]
    pages["call"] = next(address for address in calls if CALL.search(address))
    pages |= {"messages": house + "/meddelanden/", "staff": house + "/personal/"}
    pages["mails"] = f"{site}/demo/mail/"
    page.goto(pages["mails"])
    pages["mail"] = page.locator("a.row").first.get_attribute("href") or ""
    for name, address in pages.items():
        page.goto(address)
        picture = TARGET / f"{name}-{device}.png"
        page.screenshot(path=picture)
        print(picture.relative_to(ROOT), flush=True)
    page.close()


def main() -> int:
    TARGET.mkdir(parents=True, exist_ok=True)
    try:
        browser_path = chromium()
        with (
            tempfile.TemporaryDirectory() as folder,
            demo(Path(folder)) as (site, login),
            sync_playwright() as playwright,
        ):
            browser = playwright.chromium.launch(executable_path=browser_path, args=FLAGS)
            for device in WIDTHS:
                take(browser, site, login, device)
            browser.close()
    except StartError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
