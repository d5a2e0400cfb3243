"""Stored dates against derived ones: put right after a change, counted every night."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from customers.models import Customer
from privacy.purging.purge import shreddable
from smartsvar.shredding.models import Shreddable

BATCH = 500


def _batches(model: type[Shreddable], owner: Q) -> Iterator[list[Shreddable]]:
    owned = any(field.name == "customer" for field in model._meta.fields)
    rows: QuerySet[Any] = model._base_manager.filter(owner, shred_job_id=None).order_by("id")
    rows = (
        rows.select_related("customer").defer("sealed", "customer__sealed")
        if owned
        else rows.defer("sealed")
    )
    last: UUID | None = None
    while True:
        batch = list((rows if last is None else rows.filter(id__gt=last))[:BATCH])
        if not batch:
            return
        yield batch
        last = batch[-1].id


def derive_batches(model: type[Shreddable], rows: Q) -> Iterator[tuple[UUID, int]]:
    """Derive the dates of these rows, a batch at a time; yield its last row and how many changed.

    A row that somebody saves meanwhile has its new date already, and keeps it.
    """
    for batch in _batches(model, rows):
        changed = 0
        with transaction.atomic():
            for row in batch:
                if (due := row.derive_due()) != row.due_at:
                    as_read = Q(id=row.id, shred_job_id=None, due_at=row.due_at)
                    changed += model._base_manager.filter(as_read).update(due_at=due)
        yield batch[-1].id, changed


def derive_again(customer_id: UUID) -> int:
    """Derive the dates of everything this customer has; return how many changed.

    Resumable: it may stop anywhere and start again, and ends with every date right.
    """
    changed = 0
    pending = Customer.objects.filter(id=customer_id).values_list("dates_pending_since", flat=True)
    asked = pending.first()
    for model, _ in shreddable():
        field = "customer_id" if hasattr(model, "customer_id") else "id"
        rows = Q(**{field: customer_id})
        changed += sum(count for _, count in derive_batches(model, rows))
    Customer.objects.filter(id=customer_id, dates_pending_since=asked).update(
        dates_pending_since=None
    )
    return changed


def derive_pending() -> int:
    """Derive the dates of every customer that changed its retention and has not had it done."""
    waiting = Customer.objects.exclude(dates_pending_since=None)
    return sum(derive_again(pk) for pk in list(waiting.values_list("pk", flat=True)))


def derive_all() -> int:
    """Derive every date anew; return how many changed."""
    return sum(count for model, _ in shreddable() for _, count in derive_batches(model, Q()))


def differences() -> dict[str, int]:
    """Count, by model, the rows whose stored date is not the derived one. Must be empty."""
    found: dict[str, int] = {}
    for model, _ in shreddable():
        wrong = sum(
            row.derive_due() != row.due_at for batch in _batches(model, Q()) for row in batch
        )
        if wrong:
            found[model._meta.label] = wrong
    return found
