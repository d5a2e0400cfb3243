"""A signed agreement ends with the contract: from then on the time to keep it runs."""

from datetime import datetime
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, Subquery

from customers.models import Customer
from privacy.models import SignedAgreement


def follow_contracts(at: datetime) -> int:
    """Note on every agreement when its contract ended, or that it goes on; return how many changed.

    An agreement outlives its customer's row: where that is gone and nobody had noted an end, the
    contract ended at `at` at the latest.
    """
    owner = Customer._base_manager.filter(id=OuterRef("customer_id"))
    ends = Subquery(owner.values("contract_ended_at")[:1])
    rows = SignedAgreement.objects.stored().defer("sealed").annotate(there=Exists(owner), ends=ends)
    gone = Q(there=False, ended_at=None)
    one_sided = Q(ended_at=None, ends__isnull=False) | Q(ended_at__isnull=False, ends=None)
    other = Q(there=True) & (one_sided | ~Q(ended_at=F("ends")) & Q(ended_at__isnull=False))
    changed = 0
    row: Any
    for row in rows.filter(gone | other):
        row.ended_at = row.ends if row.there else at
        row.save(update_fields=["ended_at"])
        changed += 1
    return changed
