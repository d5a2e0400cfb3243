"""Restores and faults, played through with the real parts: `make drill`, `make faults`.

A drill builds installations of its own (databases, storage, ledger), backs them up, deletes, breaks
and restores them, and holds what can be read against what was noted before. It prints what it
compared, with counts, and ends non-zero when anything differs.

    python -m tests.services --stack sqlite|postgres -- python -m drill restore
    python -m tests.services --stack sqlite|postgres -- python -m drill faults

What runs inside an installation runs as a process of its own (`drill/inside.py`), with that
installation's settings; the drill itself never loads Django.
"""
