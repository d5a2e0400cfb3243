"""Receipts signed for what has been destroyed since the last ones, one per customer and run."""

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from privacy.models import SignedReceipt
from privacy.receipts import keys
from privacy.receipts.verify import FORMAT, GENESIS, canonical, digest
from smartsvar.shredding.models import Receipt

AT_ONCE = 5000  # batches in one receipt, at most


def issue(run: UUID, at: datetime) -> int:
    """Sign a receipt for every customer of whom something was destroyed; return how many.

    Idempotent: what has a receipt is marked in the same transaction, and what a run that died has
    left is in the next one's. Raises VaultError when nothing can be signed now.
    """
    waiting = Receipt.objects.filter(signed_in=None).order_by()
    customers = sorted(set(waiting.values_list("customer_id", flat=True).distinct()))
    if customers:
        keys.ready(at)
    signed = 0
    for customer in customers:
        while _issue_to(customer, run, at):
            signed += 1
    return signed


@transaction.atomic
def _issue_to(customer: UUID, run: UUID, at: datetime) -> SignedReceipt | None:
    key = keys.hold()  # before the chain is read: its end is nobody else's until we are done
    open_ones = Receipt.objects.filter(customer_id=customer, signed_in=None)
    batches = list(open_ones.order_by("at", "id")[:AT_ONCE])
    if not batches:
        return None
    last = SignedReceipt.objects.filter(customer_id=customer).order_by("-sequence").first()
    fact: dict[str, Any] = {
        "format": FORMAT,
        "installation": settings.INSTALLATION_ID,
        "customer": str(customer),
        "sequence": last.sequence + 1 if last else 1,
        "previous": last.digest if last else GENESIS,
        "run": str(run),
        "deleted": _deleted(batches),
    }
    signed = keys.sign(key, fact, at)
    receipt = SignedReceipt.objects.create(
        customer_id=customer,
        sequence=fact["sequence"],
        at=at,
        count=sum(batch.count for batch in batches),
        fact=canonical(signed["fact"]).decode(),
        digest=digest(signed["fact"]),
        signature=signed["signature"],
    )
    ids = [batch.id for batch in batches]
    Receipt.objects.filter(id__among=ids).update(signed_in=receipt.id)
    return receipt


def _deleted(batches: Iterable[Receipt]) -> list[dict[str, Any]]:
    """Return what went, summed by model and reason, with the first and the last moment."""
    kind = attrgetter("model", "reason")
    found = []
    for (model, reason), group in groupby(sorted(batches, key=kind), key=kind):
        rows = list(group)
        times = [row.at for row in rows]
        found.append(
            {
                "model": model,
                "reason": reason,
                "count": sum(row.count for row in rows),
                "from": keys.moment(min(times)),
                "to": keys.moment(max(times)),
            }
        )
    return found
