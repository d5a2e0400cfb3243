"""The one clock that decides about deletion: the main database's.

A worker whose own clock runs ninety days ahead must delete nothing early, so whoever needs "now"
for a decision about data asks here, once per run, and passes the answer on.
"""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from django.db import connection

STOCKHOLM = ZoneInfo("Europe/Stockholm")
YEARS_AHEAD = 100  # no date that people enter lies further off: periods are added to it yet


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


def furthest_day(at: datetime) -> date:
    """Return the last day that a form takes: behind it calendars end, and so does arithmetic."""
    return date(at.astimezone(STOCKHOLM).year + YEARS_AHEAD, 12, 31)
