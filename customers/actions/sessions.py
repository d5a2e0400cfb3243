"""Where a person is signed in, and ending it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.sessions.backends.base import SessionBase

from customers.browsers import Browser
from customers.history import BEGAN, BROWSER, SYSTEM
from customers.models import Session, User
from customers.sessions import hashed


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
    gone: int = Session.objects.filter(user=person, session_key=name).delete()[0]
    return gone


def end_other_sessions(person: User, here: SessionBase) -> int:
    """End all of the person's sessions but this one; return how many."""
    mine = Session.objects.filter(user=person)
    gone: int = mine.exclude(session_key=hashed(here.session_key)).delete()[0]
    return gone
