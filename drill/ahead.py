"""A purge by a process whose own clock runs ninety days ahead: `python -m drill.ahead`."""

import datetime
import os
import time

NINETY = datetime.timedelta(days=90)
_now, _time, _time_ns = datetime.datetime.now, time.time, time.time_ns


class Ahead(datetime.datetime):
    """Every clock reading of this process; what is parsed or calculated stays as it is."""

    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> "Ahead":
        ahead = _now(tz) + NINETY
        return cls.fromisoformat(ahead.isoformat())


def main() -> None:
    """Put the clock on before anything else is loaded, then purge and sweep as the service does."""
    datetime.datetime = Ahead  # type: ignore[misc]
    time.time = lambda: _time() + NINETY.total_seconds()
    time.time_ns = lambda: _time_ns() + int(NINETY.total_seconds()) * 10**9
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smartsvar.settings")
    import django  # noqa: PLC0415 (the clock first)

    django.setup()
    from privacy.tasks import purge_due, sweep_orphans  # noqa: PLC0415

    print("this process says", datetime.datetime.now(datetime.UTC).date(), flush=True)
    print("purged", purge_due(), "swept", sweep_orphans(), flush=True)


if __name__ == "__main__":
    main()
