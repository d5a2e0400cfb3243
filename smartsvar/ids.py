"""Primary keys made by the application: UUID version 7 (RFC 9562 §5.7)."""

import os
import time
from datetime import datetime
from uuid import UUID


def new_id(at: datetime | None = None) -> UUID:
    """Return a fresh time-ordered UUID, of now by this process's clock or of the given time.

    48 bits of Unix time in milliseconds, then 74 random bits. Time order keeps B-tree inserts at
    the index's right edge. The millisecond of creation is readable from it; the rows that use
    these keys show that time anyway.
    """
    millis = int(at.timestamp() * 1000) if at else time.time_ns() // 1_000_000
    random = int.from_bytes(os.urandom(10), "big")
    value = (millis & (1 << 48) - 1) << 80 | random & (1 << 80) - 1
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=value)


def first_id(at: datetime) -> UUID:
    """Return an id that comes before every id made at `at` or later."""
    return UUID(int=int(at.timestamp() * 1000) << 80)
