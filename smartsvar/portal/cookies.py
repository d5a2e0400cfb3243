"""The cookies there are, read from the settings: nothing is set that is not on this list."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.messages.storage.cookie import CookieStorage
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

HOUR, DAY = 3600, 24 * 3600  # seconds


@dataclass(frozen=True)
class Cookie:
    """`seconds` that a browser keeps it; 0: until the browser is closed."""

    name: str
    why: Any
    when: Any
    seconds: int

    @property
    def kept(self) -> str:
        """How long it is kept, in the reader's language."""
        if not self.seconds:
            return str(_("until you close the browser"))
        if self.seconds < 2 * DAY:
            hours = self.seconds // HOUR
            return ngettext("%d hour", "%d hours", hours) % hours
        days = self.seconds // DAY
        return ngettext("%d day", "%d days", days) % days


def necessary() -> list[Cookie]:
    """Return the cookies without which the pages do not work as they were asked to."""
    session = 0 if settings.SESSION_EXPIRE_AT_BROWSER_CLOSE else settings.SESSION_COOKIE_AGE
    return [
        Cookie(
            settings.SESSION_COOKIE_NAME,
            _("Knows that it is you who signed in."), _("when you begin to sign in"), session,
        ),
        Cookie(
            settings.CSRF_COOKIE_NAME,
            _("Proves that a form was sent from our page, and not from somebody else's."),
            _("with every page that has a form"), settings.CSRF_COOKIE_AGE or 0,
        ),
        Cookie(
            settings.LANGUAGE_COOKIE_NAME, _("Remembers the language you chose."),
            _("when you choose a language"), settings.LANGUAGE_COOKIE_AGE or 0,
        ),
        Cookie(
            CookieStorage.cookie_name,
            _("Carries a message such as “saved” to the next page, which removes it."),
            _("when something has been done"), 0,
        ),
    ]  # fmt: skip
