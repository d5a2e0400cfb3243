"""Every page in a real Chromium: axe finds nothing, light and dark, and each fits a phone."""

from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, Route

from smartsvar.demo import urls as demo_urls
from smartsvar.demo import views
from smartsvar.settings import BASE_DIR
from tests import cast
from tests.conftest import browser
from tests.demo.test_design import demo as demo  # a fixture
from tests.demo.test_mail import MAIL
from tests.journeys import states
from tests.journeys.looking import (
    DESK,
    PHONE,
    looked_at_everyhow,
    mistakes,
    pictured,
    sized,
    violations,
    wider,
)
from tests.journeys.walk import World, filled, people
from tests.journeys.windows import Windows

pytestmark = [
    pytest.mark.django_db(databases="__all__", transaction=True),
    pytest.mark.either_stack,
]
MAIL_NAME = "00000000000000000001-ab"
LOCALES = {"sv": ("sv-SE", DESK), "en": ("en-GB", PHONE)}  # and how wide a first view is
FORMS = "() => [...document.querySelectorAll('main form[method=post]')]"
# The kinds of forms on a page that ask something: one of each address, whatever it is about.
ASKING = f"""() => {{
  const asks = 'input:not([type=hidden], [type=submit]), select, textarea', seen = new Set();
  return ({FORMS})().flatMap((form, place) => {{
    const kind = form.action.replace(/[0-9a-f-]{{36}}/g, '');
    if (!form.querySelector(asks) || seen.has(kind)) return [];
    seen.add(kind);
    return [place];
  }});
}}"""
EMPTIED = f"""place => {{
  const form = ({FORMS})()[place];
  for (const each of form.elements) {{
    if (each.type === 'checkbox' || each.type === 'radio') each.checked = false;
    else if (each.tagName === 'SELECT') each.selectedIndex = -1;
    else if (each.type !== 'hidden' && 'value' in each && each.type !== 'submit') each.value = '';
  }}
  form.submit();
}}"""


@pytest.fixture
def world(anna: cast.House, cecilia: cast.House) -> World:
    made = people(anna, cecilia)
    states.prepare(made)
    return made


@pytest.mark.parametrize("language", LOCALES)
def test_every_page_is_accessible_and_fits(
    chromium: Browser, site: str, world: World, language: str
) -> None:
    """Once loaded it is looked at on a phone and at a desk, in the light and in the dark."""
    locale, width = LOCALES[language]
    size = {"width": width, "height": 900}
    windows = Windows(chromium, site, world, locale=locale, viewport=size)
    looks = list(states.everything(world))
    for look in looks:
        page = windows.first_view(look)
        windows.note(look, looked_at_everyhow(page, f"{language} {look}"))
        if page.get_attribute("html", "lang") != language:
            windows.note(look, ["speaks another language"])
    windows.close()
    assert windows.trouble == {}
    assert len(looks) > 100
    assert windows.heaviest > 20 * 1024, "the pages were weighed with their style"


def test_every_form_says_beside_the_field_what_is_wrong_and_stands_there(
    chromium: Browser, site: str, world: World
) -> None:
    windows = Windows(chromium, site, world, locale="sv-SE")
    told = 0
    for look in [each for each in filled(world) if each.asks]:
        page = windows.open(look)
        sized(page, 320)
        for place in page.evaluate(ASKING):
            windows.open(look)
            with page.expect_navigation():
                page.evaluate(EMPTIED, place)
            says, found = mistakes(page)
            if says:
                told += 1
                found += violations(page) + (["wider than the window"] if wider(page) else [])
                windows.note(f"{look} form {place}", found)
                pictured(page, f"mistake {look} {place}")
    windows.close()
    assert windows.trouble == {}
    assert told > 25


def static(route: Route) -> None:
    """Answer with a style as it lies in the tree: the demo's own are in no service's manifest."""
    name = route.request.url.partition("/static/")[2]
    folders = [BASE_DIR / "static", BASE_DIR / "smartsvar" / "demo" / "static"]
    (found,) = [folder / name for folder in folders if (folder / name).exists()]
    route.fulfill(path=found)


def as_page(route: Route, _request: Request, said: str) -> None:
    route.fulfill(body=said, content_type="text/html")


def demo_pages(folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """Return the pages that only a demo has, as its views make them."""
    monkeypatch.setattr(views, "MAIL", folder)
    made = {"no mails": browser().get("/demo/mail/").content.decode()}
    (folder / f"{MAIL_NAME}.eml").write_bytes(MAIL.encode())
    one = f"/demo/mail/{MAIL_NAME}/"
    for what, address in {"mails": "/demo/mail/", "mail": one}.items():
        made[what] = browser().get(address).content.decode()
    return made


def test_pages_of_trouble_and_of_the_demo_are_accessible_and_fit(
    page: Page, demo: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are made here and shown in the site's place: what breaks a server needs none."""
    pages = states.trouble() | demo_pages(tmp_path, monkeypatch)
    assert {"400", "403", "404", "429", "500", "503", "held"} <= set(pages)
    names = {each.name for each in demo_urls.urlpatterns}
    elsewhere = {"mail-html", "design"}  # a mail as it was sent, and what test_design looks at
    assert names - elsewhere == {"mail", "mail-detail"}
    page.emulate_media(reduced_motion="reduce")
    page.route("**/static/**", static)
    trouble = {}
    for name, content in pages.items():
        page.route("**/shown", partial(as_page, said=content))
        page.goto("/shown")
        if found := looked_at_everyhow(page, name):
            trouble[name] = found
    assert trouble == {}
