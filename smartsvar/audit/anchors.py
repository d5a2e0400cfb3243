"""What the trail says outside the database: heads of the chains, prunings, restores.

Files of lines in ANCHOR_DIR, one kind and day each, only ever appended to. Whoever changes the
database cannot change them along.
"""

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings

from smartsvar.audit.models import AuditChain


class Anchor(NamedTuple):
    """A chain's head in hex, and when it was written down."""

    head: str
    at: datetime


class Loss(NamedTuple):
    """Entries that a restore from backup lost: after `kept`, up to `known`."""

    chain: UUID
    kept: int
    known: int
    at: datetime


@dataclass
class Said:
    """Everything the files say: heads by chain and position, prunings, losses, bad lines."""

    heads: dict[UUID, dict[int, Anchor]] = field(default_factory=dict)
    prunings: set[tuple[UUID, int, str]] = field(default_factory=set)
    losses: list[Loss] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)


def anchor_heads(chains: Iterable[UUID], at: datetime) -> Path:
    """Append these chains' heads to today's file."""
    heads = AuditChain.objects.filter(customer_id__among=list(chains)).order_by("customer_id")
    return _append(
        "heads",
        at,
        [
            {
                "chain": str(chain.customer_id),
                "position": chain.position,
                "head": bytes(chain.head).hex(),
            }
            for chain in heads
        ],
    )


def announce_pruning(chain: UUID, end: int, end_hash: str, at: datetime) -> None:
    """Say that a chain's entries up to `end` are about to be pruned."""
    _append("pruned", at, [{"chain": str(chain), "pruned_to": end, "hash": end_hash}])


def announce_restore(at: datetime) -> list[Loss]:
    """Say that the database was restored and stays older: what was anchored beyond it is lost.

    Its positions are used anew from here on. Returns what is lost, by chain.
    """
    now = dict(AuditChain.objects.values_list("customer_id", "position"))
    found = [
        Loss(chain, now.get(chain, 0), max(heads), at)
        for chain, heads in read().heads.items()
        if heads and max(heads) > now.get(chain, 0)
    ]
    lines = [{"chain": str(x.chain), "kept": x.kept, "known": x.known} for x in found]
    if lines:
        _append("restored", at, lines)
    return found


def _append(kind: str, at: datetime, lines: list[dict[str, Any]]) -> Path:
    folder = Path(settings.ANCHOR_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{kind}-{at:%Y-%m-%d}.jsonl"
    stamp = {"at": at.astimezone(UTC).isoformat(timespec="microseconds")}
    text = "".join(json.dumps(stamp | line) + "\n" for line in lines)
    with path.open("ab", buffering=0) as file:  # one write: two sealers' lines never mix
        file.write(text.encode())
        os.fsync(file.fileno())
    return path


def read() -> Said:
    """Return all that the files say; a head that a restore lost binds no longer."""
    said = Said()
    for line in _lines("heads", said.broken):
        anchor = Anchor(line["head"], line["at"])
        said.heads.setdefault(line["chain"], {})[line["position"]] = anchor
    for line in _lines("pruned", said.broken):
        said.prunings.add((line["chain"], line["pruned_to"], line["hash"]))
    for line in _lines("restored", said.broken):
        said.losses.append(Loss(line["chain"], line["kept"], line["known"], line["at"]))
    for loss in said.losses:
        heads = said.heads.get(loss.chain, {})
        for position in [p for p, anchor in heads.items() if p > loss.kept and anchor.at < loss.at]:
            del heads[position]
    return said


FIELDS = {
    "heads": ("position", "head"),
    "pruned": ("pruned_to", "hash"),
    "restored": ("kept", "known"),
}


def _lines(kind: str, broken: list[str]) -> Iterator[dict[str, Any]]:
    """Yield one kind's lines, oldest file first; note each line that cannot be read."""
    for path in sorted(Path(settings.ANCHOR_DIR).glob(f"{kind}-*.jsonl")):
        for number, text in enumerate(path.read_text(encoding="ascii").splitlines(), 1):
            try:
                line = json.loads(text)
                line = {name: line[name] for name in ("chain", "at", *FIELDS[kind])}
                line["chain"], line["at"] = UUID(line["chain"]), _moment(line["at"])
            except (ValueError, KeyError, TypeError):
                broken.append(f"anchor file {path.name}: line {number} is unreadable")
            else:
                yield line


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
