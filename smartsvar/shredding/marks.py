"""Marks: how far the main database, the key store and the ledger have come.

One number, counted up every minute in all three: first in the databases, last in the ledger. So a
database never stands below the ledger, unless it was restored from an older backup; and never more
than one above it, unless the ledger lost its end. The ledger's mark also says how long its chains
were, so that a link lost from their ends is missed even when both databases were restored.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.conf import settings

from smartsvar.shredding.ledger import MARKS, BrokenLedger, listed
from smartsvar.shredding.models import Mark
from smartsvar.vault.models import KeysMark
from smartsvar.vault.storage import blob_store

KEPT = 3  # marks that stay in the ledger
ONLY = 1  # the primary key of each database's one row


Spans = dict[str, tuple[int, int]]


class At(NamedTuple):
    """A mark's number, and when it was set; None where there is none yet.

    spans: the first and last link that each chain of the ledger had then (the ledger's mark only).
    """

    number: int = 0
    at: datetime | None = None
    spans: Spans = {}  # never changed


class Marks(NamedTuple):
    """The three marks, to be held against each other."""

    main: At
    keys: At
    ledger: At

    @property
    def main_older(self) -> bool:
        return self.main.number < self.ledger.number

    @property
    def keys_older(self) -> bool:
        return self.keys.number < self.ledger.number

    @property
    def ledger_cut(self) -> bool:
        return max(self.main.number, self.keys.number) > self.ledger.number + 1


class OutOfStep(Exception):
    """A database or the ledger was put back to an older state while the service ran."""


def read_marks() -> Marks:
    """Return the three marks; the ledger's is read first, for it comes last when they advance.

    Raises BrokenLedger, OSError.
    """
    ledger = _in_ledger()
    keys, main = KeysMark.objects.filter(pk=ONLY).first(), Mark.objects.filter(pk=ONLY).first()
    return Marks(
        main=At(main.number, main.at) if main else At(),
        keys=At(keys.number, keys.at) if keys else At(),
        ledger=ledger,
    )


def _in_ledger() -> At:
    names = [stored.name for stored in blob_store("ledger").names(MARKS)]
    if not names:
        return At()
    newest = max(names)
    try:
        said = json.loads(blob_store("ledger").get_bytes(newest))
        spans = {writer: (int(a), int(b)) for writer, (a, b) in said["spans"].items()}
        mark = At(int(said["number"]), datetime.fromisoformat(said["at"]), spans)
        installation = said["installation"]
    except (ValueError, KeyError, TypeError) as error:
        raise BrokenLedger(f"{newest} cannot be read.") from error
    if installation != settings.INSTALLATION_ID:
        raise BrokenLedger(f"{newest} belongs to another installation.")
    return mark


def advance(at: datetime) -> int:
    """Count all three one further, or finish a step that was interrupted; return the number.

    Several at once do no harm. Raises OutOfStep, BrokenLedger, OSError.
    """
    marks = read_marks()
    if marks.main_older or marks.keys_older or marks.ledger_cut:
        raise OutOfStep
    number = marks.main.number
    if number == marks.ledger.number:
        number += 1
        Mark.objects.get_or_create(pk=ONLY)
        if not Mark.objects.filter(pk=ONLY, number=number - 1).update(number=number, at=at):
            return number  # another process has just done it, and goes on
    set_keys(number, at)
    _write(number, at)
    return number


def set_keys(number: int, at: datetime) -> None:
    """Bring the key store's mark up to `number`."""
    KeysMark.objects.get_or_create(pk=ONLY)
    KeysMark.objects.filter(pk=ONLY, number__lt=number).update(number=number, at=at)


def set_main(number: int, at: datetime) -> None:
    """Bring the main database's mark up to `number`."""
    Mark.objects.get_or_create(pk=ONLY)
    Mark.objects.filter(pk=ONLY, number__lt=number).update(number=number, at=at)


def _write(number: int, at: datetime) -> None:
    store = blob_store("ledger")
    said = {
        "installation": settings.INSTALLATION_ID,
        "number": number,
        "at": at.astimezone(UTC).isoformat(timespec="seconds"),
        "spans": _spans(at),
    }
    store.put_bytes(f"{MARKS}{number:012d}.json", json.dumps(said).encode())
    names = sorted(stored.name for stored in store.names(MARKS))
    store.delete(names[:-KEPT])


def _spans(at: datetime) -> Spans:
    """Return each chain's first and last link, those left out that are about to be pruned."""
    staying = at - timedelta(days=settings.LEDGER_DAYS - 1)
    spans: Spans = {}
    for name in listed()[0]:
        if name.at >= staying:
            first, _ = spans.get(name.writer, (name.sequence, 0))
            spans[name.writer] = (first, name.sequence)
    return spans
