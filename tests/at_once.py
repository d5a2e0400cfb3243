"""Several people press a button at the same instant."""

import os
import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

on_postgres = pytest.mark.skipif(
    os.environ["TEST_STACK"] != "postgres", reason="SQLite's writers are one at a time"
)


def at_once(*deeds: Callable[[], Any]) -> list[Any]:
    """Do all of them at once, each with a connection of its own; return what each returned."""
    found: list[Any] = [None] * len(deeds)  # None, too, for what raised: pytest tells of that
    ready = threading.Barrier(len(deeds))

    def do(place: int) -> None:
        ready.wait(timeout=20)
        try:
            found[place] = deeds[place]()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=do, args=(place,)) for place in range(len(deeds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return found
