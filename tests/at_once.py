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
    """Do all of them at once, each with a connection of its own; return what each returned.

    Raises what one of them raised.
    """
    found: list[Any] = [None] * len(deeds)
    raised: list[BaseException] = []
    ready = threading.Barrier(len(deeds))

    def do(place: int) -> None:
        ready.wait(timeout=20)
        try:
            found[place] = deeds[place]()
        except BaseException as error:
            raised.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=do, args=(place,)) for place in range(len(deeds))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert not any(thread.is_alive() for thread in threads), "one of them still waits"
    if raised:
        raise raised[0]
    return found
