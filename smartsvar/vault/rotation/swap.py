"""Many rows changed in one statement, each only if it is still what it was when it was read.

Whoever shreds, saves or rotates at the same time wins: a row that is gone stays gone, and a newer
value is not overwritten.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connections, models, router, transaction

# Rows that somebody else holds are left for the next round: who waits for nobody is part of no
# deadlock.
POSTGRES = """
WITH given AS (SELECT * FROM unnest({arrays}) AS given(id, was, {new})),
mine AS (
    SELECT stored.id FROM {table} AS stored JOIN given ON stored.id = given.id
    WHERE stored.{guard} = given.was ORDER BY stored.id FOR NO KEY UPDATE OF stored SKIP LOCKED
)
UPDATE {table} AS stored SET {sets} FROM given JOIN mine ON mine.id = given.id
WHERE stored.id = given.id AND stored.{guard} = given.was
"""


def swap(
    model: type[models.Model],
    guard: str,
    columns: Sequence[str],
    rows: Sequence[tuple[UUID, Any, *tuple[Any, ...]]],
) -> int:
    """Set `columns` of each row, given as (id, value of `guard` when read, new values…).

    Returns how many were still as they had been read. Names are columns, not fields.
    """
    if not rows:
        return 0
    connection = connections[router.db_for_write(model)]
    table = connection.ops.quote_name(model._meta.db_table)
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            statement = _statement(model, table, guard, columns, connection)
            cursor.execute(statement, [list(column) for column in zip(*rows, strict=True)])
        else:
            sets = ", ".join(f"{name} = %s" for name in columns)
            cursor.executemany(
                f"UPDATE {table} SET {sets} WHERE id = %s AND {guard} = %s",  # noqa: S608 (names)
                [tuple(map(_stored, (*new, row, was))) for row, was, *new in rows],
            )
        return int(cursor.rowcount)


def _statement(
    model: type[models.Model], table: str, guard: str, columns: Sequence[str], connection: Any
) -> str:
    kinds = {field.column: field.db_type(connection) for field in model._meta.concrete_fields}
    new = [f"new_{name}" for name in columns]
    return POSTGRES.format(
        table=table,
        guard=guard,
        arrays=", ".join(f"%s::{kinds[name]}[]" for name in ("id", guard, *columns)),
        new=", ".join(new),
        sets=", ".join(f"{name} = given.{n}" for name, n in zip(columns, new, strict=True)),
    )


def _stored(value: Any) -> Any:
    """SQLite holds a UUID as its hex digits."""
    return value.hex if isinstance(value, UUID) else value
