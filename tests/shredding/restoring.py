"""A backup and its restore in a test's own databases: every row put back as it was."""

from typing import Any

from django.db import connections, transaction

Backup = dict[str, tuple[list[str], list[tuple[Any, ...]]]]


def back_up(alias: str) -> Backup:
    """Return every row of every table of one database."""
    connection = connections[alias]
    found: Backup = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            if table == "django_migrations":
                continue
            cursor.execute(f'SELECT * FROM "{table}"')
            found[table] = ([each[0] for each in cursor.description], cursor.fetchall())
    return found


def restore(alias: str, backup: Backup) -> None:
    """Put the database back to that state; its foreign keys are checked at the end."""
    with transaction.atomic(alias), connections[alias].cursor() as cursor:
        for table in backup:
            cursor.execute(f'DELETE FROM "{table}"')
        for table, (columns, rows) in backup.items():
            names = ", ".join(f'"{name}"' for name in columns)
            holes = ", ".join(["%s"] * len(columns))
            if rows:
                cursor.executemany(f'INSERT INTO "{table}" ({names}) VALUES ({holes})', rows)
