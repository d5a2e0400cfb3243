"""A new root key: every customer key is wrapped again, and nothing that it seals is touched."""

from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

from smartsvar.vault.errors import Tampered, WrongRoot
from smartsvar.vault.handles import place_of, secret_of
from smartsvar.vault.models import CustomerKey
from smartsvar.vault.roots.root import RootKey, root_key, wrap_surely
from smartsvar.vault.rotation.pace import Pace
from smartsvar.vault.rotation.swap import swap

BATCH = 100  # with a key service, each key is three calls


class Rewrapped(NamedTuple):
    """How many customer keys were moved to the current root, and which do not open."""

    done: int
    failed: list[UUID]


def rewrap_customer_keys(say: Callable[[str], None]) -> Rewrapped:
    """Wrap every customer key under the current root, however often it was broken off before.

    Raises RootUnreachable, also when the current root does not open what it sealed; what was done
    until then stays done.
    """
    current = root_key()
    others = CustomerKey.objects.exclude(root_name=current.name)
    pace = Pace("customer keys", others.count(), say)
    done, failed = 0, list[UUID]()
    while ids := list(others.exclude(id__in=failed).values_list("id", flat=True)[:BATCH]):
        swaps = []
        for row in CustomerKey.objects.filter(id__in=ids):
            try:
                wrapped = _rewrap(row, current)
            except (Tampered, WrongRoot):
                failed.append(row.id)
            else:
                swaps.append((row.id, row.root_name, current.name, wrapped))
        moved = swap(CustomerKey, "root_name", ["root_name", "wrapped"], swaps)
        done += moved
        pace.step(moved)
    return Rewrapped(done, failed)


def _rewrap(row: CustomerKey, current: RootKey) -> bytes:
    return wrap_surely(current, secret_of(row), place_of(row))
