"""Look for thousands of byte strings at once, in hundreds of megabytes.

Every position's next eight bytes are held against the needles' first eight, by arrays; what is left
is compared in full.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

ANCHOR = 8  # bytes; a shorter needle would be found by chance
PIECE = 32 * 1024 * 1024
BITS = np.uint64(22)
FACTOR = np.uint64(0x9E3779B97F4A7C15)  # spreads what is alike (Fibonacci hashing)

Words = npt.NDArray[np.uint64]


class Needles:
    """A set of byte strings to look for; counts the bytes it has looked through."""

    def __init__(self, needles: Iterable[bytes]) -> None:
        self._by_anchor: dict[bytes, list[bytes]] = {}
        for needle in set(needles):
            if len(needle) < ANCHOR:
                raise ValueError(f"A needle of {len(needle)} bytes would be found by chance.")
            self._by_anchor.setdefault(needle[:ANCHOR], []).append(needle)
        self.longest = max((len(n) for same in self._by_anchor.values() for n in same), default=0)
        self.count = sum(map(len, self._by_anchor.values()))
        self.looked_through = 0
        anchors = np.frombuffer(b"".join(self._by_anchor), dtype="<u8")
        self._anchors: Words = np.sort(anchors)
        self._table: npt.NDArray[np.bool_] = np.zeros(1 << int(BITS), dtype=np.bool_)
        self._table[_hashed(anchors)] = True

    def found_in(self, data: bytes) -> set[bytes]:
        """Return the needles that occur in `data`."""
        self.looked_through += len(data)
        found: set[bytes] = set()
        for start in range(0, len(data), PIECE):
            found |= self._in_piece(data[start : start + PIECE + self.longest])
        return found

    def found_in_file(self, path: Path) -> set[bytes]:
        """Return the needles that occur in a file; one that has gone meanwhile holds none."""
        try:
            return self.found_in(path.read_bytes())
        except FileNotFoundError:
            return set()

    def _in_piece(self, data: bytes) -> set[bytes]:
        found = set()
        for place in self._candidates(data):
            for needle in self._by_anchor.get(data[place : place + ANCHOR], ()):
                if data.startswith(needle, place):
                    found.add(needle)
        return found

    def _candidates(self, data: bytes) -> Iterator[int]:
        if not self.count:
            return
        for shift in range(ANCHOR):
            size = (len(data) - shift) // ANCHOR
            if size <= 0:
                continue
            words: Words = np.frombuffer(data, dtype="<u8", count=size, offset=shift)
            likely: Any = np.flatnonzero(self._table[_hashed(words)])
            sure = likely[np.isin(words[likely], self._anchors)]
            yield from (int(index) * ANCHOR + shift for index in sure)


def _hashed(words: Words) -> Words:
    return (words * FACTOR) >> (np.uint64(64) - BITS)
