"""What lies in the key store, counted: by root and epoch."""

from typing import Any, NamedTuple

from django.db.models import Count, Exists, OuterRef

from smartsvar.vault.models import CustomerKey, RecordKey
from smartsvar.vault.roots.root import root_key, root_keys
from smartsvar.vault.rotation.steps import unfinished


class Census(NamedTuple):
    """Counts of keys. `roots`: every root stored or configured, with its customer keys."""

    current_root: str
    roots: dict[str, int]
    removable: list[str]  # configured roots that nothing needs any more
    missing: list[str]  # roots that stored keys need and that are not configured
    epochs: dict[int, int]
    behind: int  # record keys under an old epoch
    unfinished: int  # customers whose rotation is begun


def count_keys() -> Census:
    """Count the key store. Raises RootUnreachable."""
    configured = list(root_keys())
    current = root_key().name
    stored = _counts("root_name")
    newer = CustomerKey.objects.filter(
        customer_id=OuterRef("customer_key__customer_id"),
        key_class=OuterRef("customer_key__key_class"),
        epoch__gt=OuterRef("customer_key__epoch"),
    )
    return Census(
        current_root=current,
        roots=dict.fromkeys(configured, 0) | stored,
        removable=[name for name in configured if name != current and name not in stored],
        missing=[name for name in stored if name not in configured],
        epochs=_counts("epoch"),
        behind=RecordKey.objects.filter(Exists(newer)).count(),
        unfinished=len(unfinished()),
    )


def _counts(column: str) -> dict[Any, int]:
    groups = CustomerKey.objects.order_by(column).values_list(column)
    return dict(groups.annotate(Count("id")))
