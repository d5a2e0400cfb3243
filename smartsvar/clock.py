"""The one clock that decides about deletion: the main database's.

A worker whose own clock runs ninety days ahead must delete nothing early, so whoever needs "now"
for a decision about data asks here, once per run, and passes the answer on.
"""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.db import connection

STOCKHOLM = ZoneInfo("Europe/Stockholm")


def database_now() -> datetime:
    """Return the main database's current time in UTC.

    To the microsecond on PostgreSQL, to the millisecond on SQLite.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT clock_timestamp()")
            moment: datetime = cursor.fetchone()[0]
            return moment.astimezone(UTC)
        cursor.execute("SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')")
        return datetime.strptime(cursor.fetchone()[0], "%Y-%m-%d %H:%M:%S.%f").replace(tzinfo=UTC)
