"""How far a long job is: a line per batch. And room for the others between two batches."""

import time
from collections.abc import Callable

from django.db import connections

BREATH = 0.02  # seconds


class Pace:
    """Counts what is done of `total` and says it, with the rate."""

    def __init__(self, what: str, total: int, say: Callable[[str], None]) -> None:
        self._what, self._total, self._say = what, total, say
        self._done, self._began = 0, time.monotonic()

    def step(self, count: int) -> None:
        """Note `count` more, say so, and let waiting writers in."""
        self._done += count
        rate = self._done / max(time.monotonic() - self._began, 1e-6)
        total = max(self._total, self._done)  # others may have added some
        self._say(f"{self._what}: {self._done:,}/{total:,} ({rate:,.0f}/s)")
        breathe()


def breathe() -> None:
    """Leave SQLite's one write lock free for a moment: a waiting writer asks only now and then."""
    if connections["keys"].vendor == "sqlite":
        time.sleep(BREATH)
