"""What can go wrong when something is sealed or opened.

Two families. *Later*: RootUnreachable and WrongRoot say nothing about the data; what needed it
waits. *Damage*: Tampered and KeyLost name a row that will not open by waiting, and its place.
"""

from typing import NamedTuple
from uuid import UUID


class Place(NamedTuple):
    """Where something that does not open lies. Ids and a model's label: never content."""

    customer_id: UUID
    model: str
    object_id: UUID


class VaultError(Exception):
    """Something sealed could not be opened or sealed."""


class RootUnreachable(VaultError):
    """The root key cannot be had now (file unreadable, key service down or denied): try again."""


class WrongRoot(VaultError):
    """A customer's key is wrapped by a root that is not configured: for the operator."""


class Unreadable(VaultError):
    """Something that is there does not open; `place` says where, when it is known."""

    def __init__(self, message: str, *, place: Place | None = None) -> None:
        super().__init__(message)
        self.place = place

    def at(self, place: Place) -> None:
        """Note the place, unless one nearer to the cause is noted already."""
        self.place = self.place or place


class Tampered(Unreadable):
    """The ciphertext, its context or its key do not belong together."""


class KeyLost(Unreadable):
    """A living record's key is not in the key store: an alarm, never "deleted"."""


class SealedFieldError(VaultError, TypeError):
    """A query asked for what only the vault can read; the message names the alternative."""
