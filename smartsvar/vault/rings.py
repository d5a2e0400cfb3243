"""The keys of a list, opened together."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from smartsvar.vault.errors import Place, Unreadable
from smartsvar.vault.keys import DataKey, open_keys, remembered_key


class KeyRing:
    """The keys of a whole list: the first open of any of its rows loads them all in one query.

    What did not open is not tried again for the next row of the list. `told` is for whoever
    reports damage: which rows of this list are reported, and whether each of them lives.
    """

    def __init__(self) -> None:
        self.ids: set[UUID] = set()
        self.told: dict[Place, bool] = {}
        self._failed: dict[UUID, tuple[type[Unreadable], str]] = {}

    def key(self, key_id: UUID) -> DataKey:
        """Return one key. Raises KeyLost, Tampered: for this one, never for a neighbour's."""
        known = remembered_key(key_id)
        if known is not None:
            return known
        if key_id not in self._failed:
            found = open_keys({key_id, *self.ids} - self._failed.keys())
            failures = ((each, key) for each, key in found.items() if isinstance(key, Unreadable))
            self._failed |= {each: (type(key), str(key)) for each, key in failures}
            key = found[key_id]
            if isinstance(key, DataKey):
                return key
        kind, said = self._failed[key_id]
        raise kind(said)  # every row's error has a place and a traceback of its own

    def join(self, row: Any) -> None:
        """Take in a row, and the rows that select_related or prefetch_related brought along."""
        if getattr(row, "ring", self) is not self:  # sealed, and not here yet
            row.ring = self
            self.ids.add(row.__dict__.get("key_id") or row.pk)
        for related in _brought_along(row):
            if getattr(related, "ring", self) is not self:
                self.join(related)


def _brought_along(row: Any) -> Iterator[object]:
    yield from row._state.fields_cache.values()
    for many in row.__dict__.get("_prefetched_objects_cache", {}).values():
        yield from many
