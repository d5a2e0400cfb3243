"""Migrate both databases: the main one and the key store."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connections

LOCK = 0x736D61727473  # "smarts", among the advisory locks of a database


class Command(BaseCommand):
    help = "Migrate every database of the installation. Started twice, the second waits."

    def handle(self, *args: Any, **options: Any) -> None:
        for alias in settings.DATABASES:
            with _alone(alias):
                call_command(
                    "migrate", database=alias, interactive=False, verbosity=options["verbosity"]
                )


@contextmanager
def _alone(alias: str) -> Iterator[None]:
    """Wait until nobody else migrates this database: two would make the same column."""
    connection = connections[alias]
    if connection.vendor != "postgresql":
        path = Path(str(connection.settings_dict["NAME"]))
        with path.with_name(f"{path.name}.migrating").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
