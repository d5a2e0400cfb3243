"""The keys of a list, opened together."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from smartsvar.vault.keys import DataKey, open_key, open_keys, remembered_key


class KeyRing:
    """The keys of a whole list: the first open of any of its rows loads them all in one query."""

    def __init__(self) -> None:
        self.ids: set[UUID] = set()

    def key(self, key_id: UUID) -> DataKey:
        """Return one key. Raises KeyLost, Tampered: for this one, never for a neighbour's."""
        known = remembered_key(key_id)
        if known is None:
            known = open_keys({key_id, *self.ids}).get(key_id)
        return known or open_key(key_id)

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
