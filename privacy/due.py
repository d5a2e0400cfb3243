"""Stored dates against derived ones: put right after a change, counted every night."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from customers.models import Customer
from privacy.purge import shreddable
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


def derive_again(customer_id: UUID) -> int:
    """Derive the dates of everything this customer has; return how many changed.

    Resumable: it may stop anywhere and start again, and ends with every date right.
    """
    changed = 0
    pending = Customer.objects.filter(id=customer_id).values_list("dates_pending_since", flat=True)
    asked = pending.first()
    for model, _ in shreddable():
        field = "customer_id" if hasattr(model, "customer_id") else "id"
        for batch in _batches(model, Q(**{field: customer_id})):
            with transaction.atomic():
                for row in batch:
                    due = row.derive_due()
                    if due != row.due_at:
                        changed += model._base_manager.filter(id=row.id, shred_job_id=None).update(
                            due_at=due
                        )
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
    return sum(derive_again(pk) for pk in list(Customer.objects.values_list("pk", flat=True)))


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
