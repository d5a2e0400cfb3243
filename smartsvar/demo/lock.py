"""One demo per data folder: a lock beside it, which the kernel opens when its holder dies."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from smartsvar.demo.environment import VAR

LOCK = VAR.with_name(f".{VAR.name}.lock")  # outside, so that a reset cannot pull it away


class AlreadyRunning(Exception):
    pass


@contextmanager
def only_demo(note: str) -> Iterator[None]:
    """Hold the lock, with `note` for whoever comes second. Raises AlreadyRunning with theirs."""
    with LOCK.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise AlreadyRunning(file.read().strip()) from None
        file.truncate(0)
        file.write(note)
        file.flush()
        yield
        file.truncate(0)
