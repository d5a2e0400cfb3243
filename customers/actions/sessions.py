"""Where a person is signed in, and ending it."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.account import signals
from django.contrib.sessions.backends.base import SessionBase
from django.dispatch import receiver
from django.http import HttpRequest

from customers.browsers import Browser
from customers.history import BEGAN, BROWSER, SYSTEM
from customers.models import Session, User
from customers.sessions import LENGTH, hashed

NAME = re.compile(rf"[0-9a-f]{{{LENGTH}}}")  # what hashed() makes; nothing else is looked for


@dataclass(frozen=True)
class SignedIn:
    """One browser that a person is signed in with, in words."""

    name: str  # of the session's row: a hash, worthless to a browser
    browser: Browser
    began_at: datetime | None
    seen_at: datetime
    current: bool


def sessions_of(person: User, here: SessionBase, *, at: datetime) -> list[SignedIn]:
    """Return where the person is signed in at `at`, this browser first, then the last used."""
    rows = Session.objects.filter(user=person, expire_date__gt=at)
    found = [_told(row, here) for row in rows]
    return sorted(found, key=lambda each: (each.current, each.seen_at), reverse=True)


def _told(row: Session, here: SessionBase) -> SignedIn:
    said: dict[str, Any] = row.get_decoded()
    began = said.get(BEGAN)
    return SignedIn(
        name=row.session_key,
        browser=Browser(said.get(BROWSER, ""), said.get(SYSTEM, "")),
        began_at=datetime.fromisoformat(began) if began else None,
        seen_at=row.seen_at,
        current=row.session_key == hashed(here.session_key),
    )


def end_session(person: User, name: str) -> int:
    """End one of the person's sessions; return how many there were by that name: 0 or 1."""
    if not NAME.fullmatch(name):
        return 0
    gone: int = Session.objects.filter(user=person, session_key=name).delete()[0]
    return gone


def end_other_sessions(person: User, here: SessionBase) -> int:
    """End all of the person's sessions but this one; return how many."""
    mine = Session.objects.filter(user=person)
    gone: int = mine.exclude(session_key=hashed(here.session_key)).delete()[0]
    return gone


@receiver([signals.password_changed, signals.password_set, signals.password_reset])
def _end_with_old_password(request: HttpRequest, user: User, **_rest: Any) -> None:
    """A browser that signed in by the old password is a stranger's: it must not be listed as in.

    This one stays, where it is the person's own: who changes a password goes on.
    """
    end_other_sessions(user, request.session)
