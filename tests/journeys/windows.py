"""Windows of a real Chromium, one per visitor, that notice what goes wrong in them."""

import gzip
from functools import cache
from pathlib import Path
from typing import Any

from django.conf import settings
from playwright.sync_api import Browser, BrowserContext, Page

from tests.journeys.looking import shifted
from tests.journeys.walk import Look, World

FIRST_VIEW = 100 * 1024  # bytes over the wire, without audio
STILL = 0.02  # of a window's height and width: a tenth of what is held to be good
TOKEN = "[name=csrfmiddlewaretoken]"
POST = """([address, body, token]) => {
  const form = document.createElement('form');
  Object.assign(form, {method: 'post', action: address, hidden: true});
  for (const [name, value] of [...Object.entries(body), ['csrfmiddlewaretoken', token]]) {
    for (const each of [value].flat()) {
      form.append(Object.assign(document.createElement('input'), {name, value: each}));
    }
  }
  document.body.append(form);
  form.submit();
}"""


class Windows:
    """One window per visitor, in one language and of one width at first."""

    def __init__(self, chromium: Browser, site: str, world: World, **how: Any) -> None:
        self.trouble: dict[str, list[str]] = {}
        self.heaviest = 0.0
        self._pages: dict[str, Page] = {}
        self._bytes: list[float] = []
        self._chromium, self._site, self._world, self._how = chromium, site, world, how

    def of(self, who: str) -> Page:
        if who not in self._pages:
            context = self._chromium.new_context(
                base_url=self._site, reduced_motion="reduce", **self._how
            )
            for cookie in self._world.visitors[who].cookies.values():
                if cookie.key.endswith("session"):
                    context.add_cookies(
                        [{"name": "session", "value": cookie.value, "url": self._site}]
                    )
            page = self._pages[who] = context.new_page()
            page.on("pageerror", lambda error: self.note("script", [str(error)]))
            page.on("console", lambda said: self._refused(said.text))
            self._weigh(context, page)
        return self._pages[who]

    def note(self, where: object, found: list[str]) -> None:
        if found:
            self.trouble.setdefault(str(where), []).extend(found)

    def open(self, look: Look) -> Page:
        """Open the page as its visitor does."""
        page = self.of(look.who)
        if "viewport" in self._how:
            page.set_viewport_size(self._how["viewport"])
        if look.body and page.locator(TOKEN).count() == 0:
            page.goto("/kakor/")
        self._bytes.clear()
        with page.expect_navigation() as opened:
            if look.body:
                token = page.locator(TOKEN).first.input_value()
                page.evaluate(POST, [look.address, dict(look.body), token])
            else:
                page.goto(look.address)
        if opened.value.status != look.status:
            self.note(look, [f"status {opened.value.status}"])
        return page

    def first_view(self, look: Look) -> Page:
        """Open the page, and note what its first view weighs and whether it moved as it came."""
        page = self.open(look)
        weight, moved = sum(self._bytes), shifted(page)
        self.heaviest = max(self.heaviest, weight)
        if weight > FIRST_VIEW:
            self.note(look, [f"the first view weighs {weight:.0f} bytes"])
        if moved > STILL:
            self.note(look, [f"things moved by {moved:.3f}"])
        return page

    def close(self) -> None:
        for page in self._pages.values():
            page.context.close()

    def _refused(self, text: str) -> None:
        if "Content Security" in text:
            self.note("policy", [text])

    def _weigh(self, context: BrowserContext, page: Page) -> None:
        session = context.new_cdp_session(page)
        session.send("Network.enable")
        session.send("Network.setCacheDisabled", {"cacheDisabled": True})
        asked: dict[str, str] = {}

        def answered(said: Any) -> None:
            asked[said["requestId"]] = said["response"]["url"]

        def came(said: Any) -> None:
            self._bytes.append(sent(asked.get(said["requestId"], ""), said["encodedDataLength"]))

        session.on("Network.responseReceived", answered)
        session.on("Network.loadingFinished", came)


@cache
def packed(name: str) -> int:
    return len(gzip.compress((Path(settings.STATIC_ROOT) / name).read_bytes()))


def sent(address: str, size: float) -> float:
    """Return the bytes that production sends: static files are compressed there, not for tests."""
    name = address.partition("/static/")[2]
    return packed(name) if name else size
