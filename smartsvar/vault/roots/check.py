"""Does the configured root open what is stored? Asked before a process may work."""

import os

from smartsvar.vault.context import context
from smartsvar.vault.errors import Tampered, WrongRoot
from smartsvar.vault.handles import WrappingKey
from smartsvar.vault.models import CustomerKey
from smartsvar.vault.roots.kms import SECRET
from smartsvar.vault.roots.root import root_key, root_keys, wrap_surely

SAMPLES = 3  # one damaged row is that customer's trouble and keeps nobody from starting


def verify_roots() -> None:
    """Return if every root named in the key store is configured and opens a key of its own.

    And if the one that seals opens what it seals: a key service may permit one and deny the other.
    Raises WrongRoot with what to do, ImproperlyConfigured, RootUnreachable when a root cannot be
    asked now, and the database's errors when there are no tables yet. Costs one query and one more
    per root.
    """
    configured = root_keys()
    wrap_surely(root_key(), os.urandom(SECRET), context("start-up check"))
    stored = CustomerKey.objects.order_by("root_name").values_list("root_name", flat=True)
    for name in stored.distinct():
        if name not in configured:
            raise WrongRoot(_missing(name))
        samples = CustomerKey.objects.filter(root_name=name).order_by("id")[:SAMPLES]
        if not any(_opens(row) for row in samples):
            raise WrongRoot(_foreign(name))


def _opens(row: CustomerKey) -> bool:
    try:
        WrappingKey(row)
    except Tampered:
        return False
    return True


def _missing(name: str) -> str:
    return (
        f"The key store holds customer keys under the root {name}, which is not configured. Give"
        " it back (ROOT_KEY, ROOT_KEY_FILE, ROOT_KMS_KEY_ID or ROOT_PROVIDER), or beside a newer"
        " one as ROOT_KEY_PREVIOUS, ROOT_KMS_PREVIOUS or ROOT_PROVIDER_PREVIOUS. Without it"
        " nothing under it can be opened; perhaps this is another installation's key store."
    )


def _foreign(name: str) -> str:
    return (
        f"The root {name} is configured but opens none of the customer keys that name it. Check"
        " that the key store belongs to this installation and has not been changed by hand."
    )
