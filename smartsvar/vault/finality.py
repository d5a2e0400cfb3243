"""What makes a destroyed key's bytes disappear from the key store's own files.

SQLite zeroes them at once (smartsvar/vault/destruction.py). PostgreSQL does not: vacuum frees a
deleted row's place but leaves its bytes in the page's hole until something is written over them (a
third of them still lay there when we looked), and the write-ahead log holds what was inserted. So
the key tables are rewritten, and the log is switched and checkpointed: with `wal_recycle = off` its
old segments are removed then.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import structlog
from django.db import OperationalError, ProgrammingError, connections
from django.db.backends.utils import CursorWrapper
from django.db.models import F, Model, Q
from django.utils import timezone

from smartsvar.clock import STOCKHOLM
from smartsvar.vault.models import CustomerKey, KeysMark, RecordKey

log = structlog.get_logger(__name__)

SMALL = 64 * 1024 * 1024  # bytes; rewritten in under a second, so at any hour
NIGHT = range(2, 4)  # Stockholm's hours in which a larger table is rewritten
PATIENCE = "2s"  # how long the rewrite waits for its lock; everybody else waits behind it
KEPT = re.compile(r"\D*(\d+)")  # "3 dead row versions cannot be removed yet", in any language


def note_shredded() -> None:
    """Note that the key tables hold destroyed keys until they are rewritten."""
    KeysMark.objects.get_or_create(pk=1)
    KeysMark.objects.filter(pk=1).update(shredded_at=timezone.now())


def finish(at: datetime) -> bool:
    """Rewrite the key tables if keys were destroyed since the last time; return whether it did.

    Meant for every hour: small tables are rewritten at once, larger ones at night, for whoever
    opens a key waits meanwhile. SQLite needs none of it.
    """
    if connections["keys"].vendor != "postgresql":
        return False
    since_then = Q(rewritten_at=None) | Q(rewritten_at__lte=F("shredded_at"))
    if not KeysMark.objects.exclude(shredded_at=None).filter(since_then).exists():
        return False
    with connections["keys"].cursor() as cursor:
        cursor.execute("SELECT pg_total_relation_size(%s)", [RecordKey._meta.db_table])
        small = cursor.fetchone()[0] <= SMALL
    began = timezone.now()
    if not (small or at.astimezone(STOCKHOLM).hour in NIGHT) or not rewrite():
        return False
    KeysMark.objects.filter(pk=1).update(rewritten_at=began)
    return True


def rewrite(*, models: Sequence[type[Model]] = (RecordKey, CustomerKey)) -> bool:
    """Rewrite key tables without what was deleted, and let go of the old write-ahead log.

    Returns False when a transaction holds a table, or may still see what was deleted: to be tried
    again.
    """
    connection = connections["keys"]
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{PATIENCE}'")
        try:
            kept = sum(_rewrite(cursor, model._meta.db_table) for model in models)
        except OperationalError as error:  # a lock that is held, a full disk
            log.error("key tables not rewritten", error=type(error.__cause__).__name__)
            return False
        finally:
            cursor.execute("RESET lock_timeout")
        _let_go_of_log(cursor)
    if kept:
        log.warning("key tables rewritten: a transaction keeps what was deleted", count=kept)
    return not kept


def _rewrite(cursor: CursorWrapper, table: str) -> int:
    """Rewrite one table; return how many deleted rows had to be copied along.

    Only the server's own report says so: a transaction that began before the deletion, be it an
    ANALYZE of another table, keeps them without a lock on this one.
    """
    said: list[str] = []

    def listen(notice: Any) -> None:
        said.append(notice.message_detail or "")

    session: Any = connections["keys"].connection
    session.add_notice_handler(listen)
    try:
        cursor.execute(f"VACUUM (FULL, VERBOSE) {connections['keys'].ops.quote_name(table)}")
    finally:
        session.remove_notice_handler(listen)
    return sum(int(match[1]) for match in map(KEPT.match, said) if match)


def _let_go_of_log(cursor: CursorWrapper) -> None:
    """Switch the log's segment and checkpoint; a role without the right leaves it to the server."""
    try:
        cursor.execute("SELECT pg_switch_wal()")
        cursor.execute("CHECKPOINT")
    except ProgrammingError:
        log.warning("no right to checkpoint: the write-ahead log goes at the server's own pace")
