"""Sessions in the database, of which the database knows no key that a browser could present.

The row is named by a hash of the key, as an integrator's key is: a thief of the database, or of a
fresh backup, cannot go on with anybody's session.
"""

import hashlib
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.utils import timezone

from customers.models.session import Session

LENGTH = 40  # the column's; 160 bits of the hash
USE = timedelta(minutes=5)  # a use within this time of the last one is not noted anew


def hashed(session_key: str | None) -> str:
    """Return the name of the session's row."""
    return hashlib.sha256((session_key or "").encode()).hexdigest()[:LENGTH]


class SessionStore(db.SessionStore):
    """Django's own store, asked by the hash of the key; a row says whose it is."""

    @classmethod
    def get_model_class(cls) -> Any:
        """The table (Django's name for it)."""
        return Session

    def _get_session_from_db(self) -> Any:
        now = timezone.now()
        rows = Session.objects.filter(session_key=hashed(self.session_key), expire_date__gt=now)
        row = rows.first()
        if row is None:
            self._session_key = None
        elif row.user_id and row.seen_at < now - USE:
            rows.update(seen_at=now)
        return row

    def exists(self, session_key: str) -> bool:
        return super().exists(hashed(session_key))

    def create_model_instance(self, data: Any) -> Any:
        row: Any = super().create_model_instance(data)
        row.session_key = hashed(row.session_key)
        row.user_id = UUID(data[SESSION_KEY]) if SESSION_KEY in data else None
        return row

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key is not None:
            super().delete(hashed(key))
