"""A browser in words: who made it and what it runs on, and no more of what it tells of itself."""

from typing import NamedTuple

from django.http import HttpRequest
from django.utils.translation import gettext as _

# In this order: most browsers also claim to be the ones further down.
BROWSERS = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser", "Samsung Internet"),
    ("Firefox/", "Firefox"), ("FxiOS", "Firefox"), ("CriOS", "Chrome"), ("Chrome/", "Chrome"),
    ("Chromium/", "Chromium"), ("Safari/", "Safari"),
)  # fmt: skip
SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("Windows", "Windows"),
    ("Mac OS X", "macOS"), ("CrOS", "ChromeOS"), ("Linux", "Linux"),
)  # fmt: skip


class Browser(NamedTuple):
    """Both are "" when nothing known was said."""

    name: str
    system: str

    def __str__(self) -> str:
        if self.name and self.system:
            return _("%(browser)s on %(system)s") % {"browser": self.name, "system": self.system}
        return self.name or self.system or _("Unknown browser")


def browser_of(user_agent: str) -> Browser:
    """Return who made the browser and its system, by the header that it sent."""
    return Browser(_first(BROWSERS, user_agent), _first(SYSTEMS, user_agent))


def agent_of(request: HttpRequest | None) -> str:
    """Return what the browser says of itself; "" where no browser asked."""
    return "" if request is None else request.META.get("HTTP_USER_AGENT", "")


def _first(marks: tuple[tuple[str, str], ...], text: str) -> str:
    return next((name for mark, name in marks if mark in text), "")
