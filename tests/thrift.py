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
        patch.setattr(flush, "sql_flush", _flush_what_was_filled())
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


def _flush_what_was_filled() -> Any:
    """Return how to empty the tables that hold something: most tests fill ten of a hundred.

    TRUNCATE gives each table it is told of a new file, whatever was in it.
    """
    asked: dict[str, str] = {}

    def flush_of(_style: Any, connection: Any, **_how: Any) -> list[str]:
        if connection.alias not in asked:
            tables = set(connection.introspection.django_table_names(only_existing=True)) - KEPT
            asked[connection.alias] = " UNION ALL ".join(
                f"SELECT '{table}' WHERE EXISTS (SELECT 1 FROM \"{table}\")"
                for table in sorted(tables)
            )
        with connection.cursor() as cursor:
            cursor.execute(asked[connection.alias])
            return [f'DELETE FROM "{table}"' for (table,) in cursor.fetchall()]

    return flush_of
