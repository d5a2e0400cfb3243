"""What a process remembers of the keys it opened, and for how long."""

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Generic, TypeVar

CACHE_SECONDS = 30.0  # an unwrapped key is remembered no longer, in any process
CACHE_SIZE = 20_000
K = TypeVar("K")
V = TypeVar("V")


class Memory(Generic[K, V]):
    """A bounded memory of opened keys, each for at most CACHE_SECONDS.

    They count from before the key was read in the store: while a slow key service opened it, the
    key may have been destroyed or followed by another.
    """

    def __init__(self) -> None:
        self._entries: OrderedDict[K, tuple[float, V]] = OrderedDict()
        self._lock = Lock()

    def get(self, name: K) -> V | None:
        entry = self._entries.get(name)
        return entry[1] if entry and entry[0] > time.monotonic() else None

    def put(self, name: K, value: V, *, since: float) -> None:
        """Remember the value of a row that was read after `since`, a time.monotonic()."""
        with self._lock:
            self._entries[name] = (since + CACHE_SECONDS, value)
            self._entries.move_to_end(name)
            while len(self._entries) > CACHE_SIZE:
                self._entries.popitem(last=False)

    def forget(self, names: Iterable[K]) -> None:
        with self._lock:
            for name in names:
                self._entries.pop(name, None)

    def forget_where(self, matches: Callable[[V], bool]) -> None:
        """Drop every value that matches; looks through all of them."""
        with self._lock:
            for name in [n for n, (_, value) in self._entries.items() if matches(value)]:
                del self._entries[name]

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
