"""The chain: sealing behind the writers, anchoring, pruning, verifying.

A chain head that every writer had to lock would serialise all playing. So entries are written
free, and one sealer per chain gives committed entries their position and hash afterwards.
"""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet

from smartsvar.audit import anchors
from smartsvar.audit.anchors import Anchor
from smartsvar.audit.models import AuditChain, AuditEntry

BATCH = 500
SEALING_DELAY = timedelta(days=7)  # how long after its time an entry may at most be anchored
NOBODY = UUID(int=0)
FIELDS = ("id", "customer_id", "actor_kind", "actor_id", "verb", "object_model", "object_id")


def link(previous: bytes, position: int, entry: AuditEntry) -> bytes:
    """Return the entry's hash: SHA-256 over the previous hash, the position and every field."""
    fact = [str(getattr(entry, name)) for name in FIELDS]
    fact += [entry.at.astimezone(UTC).isoformat(timespec="microseconds"), str(position)]
    return hashlib.sha256(previous + json.dumps(fact, separators=(",", ":")).encode()).digest()


def entries_of(chain: UUID) -> "QuerySet[AuditEntry]":
    """Return the entries that belong to one chain."""
    return AuditEntry.objects.filter(customer_id=None if chain == NOBODY else chain)


def seal_trail() -> int:
    """Seal every committed entry that has no place yet, then anchor the heads; return how many."""
    waiting = (
        AuditEntry.objects.filter(position=None).order_by().values_list("customer_id", flat=True)
    )
    sealed: dict[UUID, int] = {}
    for customer_id in set(waiting.distinct()):
        chain = customer_id or NOBODY
        while count := _seal_batch(chain):
            sealed[chain] = sealed.get(chain, 0) + count
    at = datetime.now(UTC)
    if at.minute == 0:  # once an hour all: a sealer may have died before it anchored
        anchors.anchor_heads(AuditChain.objects.values_list("customer_id", flat=True), at)
    elif sealed:
        anchors.anchor_heads(sealed, at)
    return sum(sealed.values())


@transaction.atomic
def _seal_batch(chain_id: UUID) -> int:
    AuditChain.objects.get_or_create(customer_id=chain_id)
    chain = AuditChain.objects.select_for_update().get(customer_id=chain_id)
    batch = list(entries_of(chain_id).filter(position=None).order_by("id")[:BATCH])
    places = []
    for entry in batch:
        chain.position += 1
        chain.head = link(bytes(chain.head), chain.position, entry)
        places.append((chain.position, chain.head, entry.id))
    if batch:
        _write_places(places)
        chain.save(update_fields=["position", "head"])
    return len(batch)


def _write_places(places: list[tuple[int, bytes, UUID]]) -> None:
    table = connection.ops.quote_name(AuditEntry._meta.db_table)
    bare = connection.vendor == "sqlite"  # stores a UUID as its hex digits
    rows = [(position, digest.hex(), key.hex if bare else key) for position, digest, key in places]
    with connection.cursor() as cursor:
        cursor.executemany(
            f"UPDATE {table} SET position = %s, hash = %s WHERE id = %s AND position IS NULL",  # noqa: S608
            rows,
        )


@transaction.atomic
def prune(before: datetime, chain_id: UUID) -> int:
    """Remove the chain's sealed entries that are older than `before`; keep their end hash."""
    chain = AuditChain.objects.select_for_update().get(customer_id=chain_id)
    kept = entries_of(chain_id).filter(at__gt=before).exclude(position=None)
    first_kept = kept.order_by("position").values_list("position", flat=True).first()
    end = (first_kept or chain.position + 1) - 1
    last = entries_of(chain_id).filter(position=end).first()
    if end <= chain.pruned_to or last is None:
        return 0
    # Said outside the database before it is done: a cut that nobody announced is a fault.
    anchors.announce_pruning(chain_id, end, last.hash, datetime.now(UTC))
    chain.pruned_to, chain.pruned_hash = end, bytes.fromhex(last.hash)
    chain.save(update_fields=["pruned_to", "pruned_hash"])
    return int(entries_of(chain_id).filter(position__lte=end)._raw_delete("default"))


def faults(at: datetime | None = None) -> Iterator[str]:
    """Yield every edit, deletion, insertion and truncation that the chains and anchors show.

    `at` (default: now) decides which entries may have been pruned.
    """
    now = at or datetime.now(UTC)
    said = anchors.read()
    yield from said.broken
    chains = set(AuditChain.objects.values_list("customer_id", flat=True))
    for missing in {chain for chain, heads in said.heads.items() if heads} - chains:
        yield f"chain {missing}: anchored, but gone from the database"
    for chain_id in chains:
        with transaction.atomic():  # the sealer waits meanwhile, so head and entries agree
            chain = AuditChain.objects.select_for_update().get(customer_id=chain_id)
            found = list(_faults_of(chain, said.heads.get(chain_id, {}), now))
        cut = (chain_id, chain.pruned_to, bytes(chain.pruned_hash).hex())
        if chain.pruned_to and cut not in said.prunings:
            yield f"chain {chain_id}: cut at {chain.pruned_to}, which no pruning announced"
        yield from found
    sealed = (
        AuditEntry.objects.exclude(position=None).order_by().values_list("customer_id", flat=True)
    )
    for stray in {each or NOBODY for each in sealed.distinct()} - chains:
        yield f"chain {stray}: sealed entries without a chain"


def _faults_of(chain: AuditChain, heads: dict[int, Anchor], now: datetime) -> Iterator[str]:
    name = f"chain {chain.customer_id}"
    yield from (f"{name}: {fault}" for fault in _cut_too_early(chain, heads, now))
    position, head = chain.pruned_to, bytes(chain.pruned_hash)
    sealed = entries_of(chain.customer_id).exclude(position=None).order_by("position")
    for entry in sealed.iterator(chunk_size=2000):
        position += 1
        if entry.position != position:
            yield f"{name}: entry {position} is missing (found {entry.position})"
            return
        head = link(head, position, entry)
        if head.hex() != entry.hash:
            yield f"{name}: entry {position} was changed"
            return
        if position in heads and heads[position].head != head.hex():
            yield f"{name}: entry {position} differs from its anchor"
            return
    if position != chain.position or head != bytes(chain.head):
        yield f"{name}: ends at {position}, its head says {chain.position}"
    if max(heads, default=0) > position:
        yield f"{name}: ends at {position}, an anchor says {max(heads)}"


def _cut_too_early(chain: AuditChain, heads: dict[int, Anchor], now: datetime) -> Iterator[str]:
    """Yield what shows that entries went from the front before their time."""
    end = heads.get(chain.pruned_to)
    if end is not None and end.head != bytes(chain.pruned_hash).hex():
        yield f"the end of what was pruned, {chain.pruned_to}, differs from its anchor"
    gone = [place for place in heads if place <= chain.pruned_to]
    if not gone:
        return
    last = heads[max(gone)]
    due = AuditEntry.personal_data.keep.derive(lambda path: last.at)
    if due is None or due > now + SEALING_DELAY:
        yield f"entry {max(gone)} and those before were pruned before their time"


def unsealed_count() -> int:
    """Return how many entries are not sealed yet: the tail that the verifier cannot vouch for."""
    return AuditEntry.objects.filter(position=None).count()
