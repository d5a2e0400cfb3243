"""The context (AAD) that ties a ciphertext to its place."""

from uuid import UUID

SYSTEM = b"smartsvar/1"
_HEAD = len(SYSTEM).to_bytes(4, "big") + SYSTEM


def context(*parts: str | UUID) -> bytes:
    """Return system and parts, each behind its length (4 bytes, big-endian), joined.

    Length prefixes make ("ab", "c") and ("a", "bc") different contexts, so nothing sealed for one
    row, field, tenant or purpose can be moved to another.
    """
    whole = _HEAD
    for part in parts:
        data = part.bytes if isinstance(part, UUID) else part.encode()
        whole += len(data).to_bytes(4, "big") + data
    return whole
