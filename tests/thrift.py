"""What every test would do over again and none is about: done once, or cheaply.

Nothing here changes an answer. WhiteNoise lists the static files anew with each handler; a
password is hashed with a million rounds at each sign-in; a flushed database gets Django's own
permissions again, a hundred rows in each of two databases. The suite spent a third of its time so.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management.commands import flush
from whitenoise.base import WhiteNoise  # type: ignore[import-untyped]

ROUNDS = PBKDF2PasswordHasher.iterations
FEW = 1_000
KEPT = {ContentType._meta.db_table, Permission._meta.db_table}  # the same after each flush


@contextmanager
def thrift() -> Iterator[None]:
    """For as long as the tests run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PBKDF2PasswordHasher, "iterations", FEW)
        patch.setattr(WhiteNoise, "update_files_dictionary", _listed_once())
        patch.setattr(flush, "sql_flush", _flush_but_what_is_kept)
        patch.setattr(flush, "emit_post_migrate_signal", lambda *_: None)
        yield


def _listed_once() -> Any:
    scan = WhiteNoise.update_files_dictionary
    known: dict[tuple[str, str | None], dict[str, Any]] = {}

    def update(self: WhiteNoise, root: str, prefix: str | None) -> None:
        if (root, prefix) not in known:
            before, self.files = self.files, {}
            scan(self, root, prefix)
            known[root, prefix], self.files = self.files, before
        self.files.update(known[root, prefix])

    return update


def _flush_but_what_is_kept(style: Any, connection: Any, **how: Any) -> list[str]:
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    gone = [table for table in tables if table not in KEPT]
    statements: list[str] = connection.ops.sql_flush(style, gone, **how)
    return statements
