"""What makes a destroyed key's bytes disappear from the key store's own files.

SQLite zeroes them at once (smartsvar/vault/destruction.py). PostgreSQL does not: vacuum frees a
deleted row's place but leaves its bytes in the page's hole until something is written over them (a
third of them still lay there when we looked), and the write-ahead log holds what was inserted. So
the key tables are rewritten, and the log is switched and checkpointed: with `wal_recycle = off` its
old segments are removed then.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import structlog
from django.db import OperationalError, ProgrammingError, connections
from django.db.backends.utils import CursorWrapper
from django.db.models import Model

from smartsvar.clock import STOCKHOLM
from smartsvar.vault.models import CustomerKey, DestroyedBatch, RecordKey

log = structlog.get_logger(__name__)

SMALL = 64 * 1024 * 1024  # bytes; rewritten in under a second, so at any hour
NIGHT = range(2, 4)  # Stockholm's hours in which a larger table is rewritten
PATIENCE = "2s"  # how long the rewrite waits for its lock; everybody else waits behind it
SINCE = timedelta(hours=25)


def finish(at: datetime) -> bool:
    """Rewrite the key tables if keys were destroyed lately; return whether they were rewritten.

    Meant for every hour: small tables are rewritten at once, larger ones at night, for whoever
    opens a key waits meanwhile. SQLite needs none of it.
    """
    if connections["keys"].vendor != "postgresql":
        return False
    if not DestroyedBatch.objects.filter(at__gte=at - SINCE).exists():
        return False
    with connections["keys"].cursor() as cursor:
        cursor.execute("SELECT pg_total_relation_size(%s)", [RecordKey._meta.db_table])
        small = cursor.fetchone()[0] <= SMALL
    return (small or at.astimezone(STOCKHOLM).hour in NIGHT) and rewrite()


def rewrite(*, models: Sequence[type[Model]] = (RecordKey, CustomerKey)) -> bool:
    """Rewrite key tables without what was deleted, and let go of the old write-ahead log.

    Returns False when a long transaction holds a table: to be tried again.
    """
    connection = connections["keys"]
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{PATIENCE}'")
        try:
            for model in models:
                cursor.execute(f"VACUUM (FULL) {connection.ops.quote_name(model._meta.db_table)}")
        except OperationalError:
            log.warning("key tables not rewritten: a transaction holds them")
            return False
        finally:
            cursor.execute("RESET lock_timeout")
        _let_go_of_log(cursor)
    return True


def _let_go_of_log(cursor: CursorWrapper) -> None:
    """Switch the log's segment and checkpoint; a role without the right leaves it to the server."""
    try:
        cursor.execute("SELECT pg_switch_wal()")
        cursor.execute("CHECKPOINT")
    except ProgrammingError:
        log.warning("no right to checkpoint: the write-ahead log goes at the server's own pace")
