"""Sessions in the database, of which the database knows no key that a browser could present.

The row is named by a hash of the key, as an integrator's key is: a thief of the database, or of a
fresh backup, cannot go on with anybody's session.
"""

import hashlib
from typing import Any

from django.contrib.sessions.backends import db
from django.utils import timezone

LENGTH = 40  # the column's; 160 bits of the hash


def hashed(session_key: str | None) -> str:
    """Return the name of the session's row."""
    return hashlib.sha256((session_key or "").encode()).hexdigest()[:LENGTH]


class SessionStore(db.SessionStore):
    """Django's own store, asked by the hash of the key."""

    def _get_session_from_db(self) -> Any:
        row = self.model.objects.filter(
            session_key=hashed(self.session_key), expire_date__gt=timezone.now()
        ).first()
        if row is None:
            self._session_key = None
        return row

    def exists(self, session_key: str) -> bool:
        return super().exists(hashed(session_key))

    def create_model_instance(self, data: Any) -> Any:
        row = super().create_model_instance(data)
        row.session_key = hashed(row.session_key)
        return row

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key is not None:
            super().delete(hashed(key))
