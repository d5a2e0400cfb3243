"""The context (AAD) that ties a ciphertext to its place."""

from uuid import UUID

SYSTEM = "smartsvar/1"


def context(*parts: str | UUID) -> bytes:
    """Return system and parts, each behind its length (4 bytes, big-endian), joined.

    Length prefixes make ("ab", "c") and ("a", "bc") different contexts, so nothing sealed for one
    row, field, tenant or purpose can be moved to another.
    """
    encoded = [SYSTEM.encode()]
    encoded += [part.bytes if isinstance(part, UUID) else part.encode() for part in parts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)
