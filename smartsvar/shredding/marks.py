"""Marks: how far the main database, the key store and the ledger have come.

One number, counted up every minute in all three: first in the databases, last in the ledger. So a
database never stands below the ledger, unless it was restored from an older backup; and never more
than one above it, unless the ledger lost its end. The ledger's mark also says how long its chains
were, so that a link lost from their ends is missed even when both databases were restored.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from django.conf import settings

from smartsvar.shredding.ledger import MARKS, BatchName, BrokenLedger, listed
from smartsvar.shredding.models import Mark
from smartsvar.vault.models import KeysMark
from smartsvar.vault.storage import blob_store

KEPT = 3  # marks that stay in the ledger
ONLY = 1  # the primary key of each database's one row


Chains = dict[str, list[list[int]]]


class At(NamedTuple):
    """A mark's number, and when it was set; None where there is none yet.

    The ledger's mark only: chains, the links that each chain had then, as pairs of first and last;
    pruned, before when links have been pruned.
    """

    number: int = 0
    at: datetime | None = None
    chains: Chains = {}  # never changed
    pruned: datetime | None = None


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
    marks = _read()
    # It may have advanced twice while we read: what looks cut off is looked at again.
    return _read() if marks.ledger_cut else marks


def _read() -> Marks:
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
        mark = At(
            number=int(said["number"]),
            at=datetime.fromisoformat(said["at"]),
            chains={writer: list(spans) for writer, spans in said["chains"].items()},
            pruned=datetime.fromisoformat(said["pruned"]) if said["pruned"] else None,
        )
        installation = said["installation"]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BrokenLedger(f"{newest} cannot be read.") from error
    if installation != settings.INSTALLATION_ID:
        raise BrokenLedger(f"{newest} belongs to another installation.")
    return mark


def advance(at: datetime, *, pruned: datetime | None = None) -> int:
    """Count all three one further, or finish a step that was interrupted; return the number.

    `pruned` notes before when links are going to be pruned. Several at once do no harm. Raises
    OutOfStep, BrokenLedger, OSError.
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
    write(number, at, pruned=pruned or marks.ledger.pruned)
    return number


def set_keys(number: int, at: datetime) -> None:
    """Bring the key store's mark up to `number`."""
    KeysMark.objects.get_or_create(pk=ONLY)
    KeysMark.objects.filter(pk=ONLY, number__lt=number).update(number=number, at=at)


def set_main(number: int, at: datetime) -> None:
    """Bring the main database's mark up to `number`."""
    Mark.objects.get_or_create(pk=ONLY)
    Mark.objects.filter(pk=ONLY, number__lt=number).update(number=number, at=at)


def write(number: int, at: datetime, *, pruned: datetime | None) -> None:
    """Write the ledger's own mark: its number, and what the ledger holds now."""
    store = blob_store("ledger")
    said = {
        "installation": settings.INSTALLATION_ID,
        "number": number,
        "at": at.astimezone(UTC).isoformat(timespec="seconds"),
        "pruned": pruned.isoformat() if pruned else "",
        "chains": _chains(at, pruned),
    }
    store.put_bytes(f"{MARKS}{number:012d}.json", json.dumps(said).encode())
    names = sorted(stored.name for stored in store.names(MARKS))
    store.delete(names[:-KEPT])


def _chains(at: datetime, pruned: datetime | None) -> Chains:
    """Return the links of each chain, but for those that are pruned or about to be."""
    staying = at - timedelta(days=settings.LEDGER_DAYS - 1)
    chains: Chains = {}
    for name in listed()[0]:
        if name.at < max(staying, pruned or staying):
            continue
        spans = chains.setdefault(name.writer, [])
        if spans and spans[-1][1] == name.sequence - 1:
            spans[-1][1] = name.sequence
        else:
            spans.append([name.sequence, name.sequence])
    return chains


def missing(names: list[BatchName], chains: Chains) -> Iterator[str]:
    """Yield what the ledger lacks: of the links its last mark named, and between later ones."""
    there: dict[str, set[int]] = {}
    for name in names:
        there.setdefault(name.writer, set()).add(name.sequence)
    for writer in sorted(there.keys() | chains.keys()):
        have = there.get(writer, set())
        named = {n for first, last in chains.get(writer, []) for n in range(first, last + 1)}
        known = max(named, default=min(have, default=0))
        later = range(known, max(have, default=known) + 1) if have else ()
        if lost := (named | set(later)) - have:
            yield f"chain {writer} lacks {len(lost)} of its links, {min(lost)} among them"
