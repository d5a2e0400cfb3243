"""API keys: made, shown once, revoked."""

import hashlib
import hmac
import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, QuerySet

from customers.actions.members import decide
from customers.models import ApiKey, Customer
from smartsvar.audit.actors import Acting
from smartsvar.audit.trail import record

PREFIX = re.compile(r"[0-9a-f]{8}")
USE_RESOLUTION = timedelta(minutes=1)  # how exactly the last use is noted


def create_api_key(
    customer: Customer | None,
    *,
    label: str,
    scopes: Sequence[str],
    days: int,
    by: Acting,
    at: datetime,
) -> tuple[ApiKey, str]:
    """Make a key and return it with the secret to show once. No customer: the platform's.

    Raises NotAllowed.
    """
    prefix, shown, digest = ApiKey.make_secret()
    key = ApiKey(
        customer=customer, label=label, prefix=prefix, secret_hash=digest, scopes=sorted(scopes),
        created_at=at, expires_at=at + timedelta(days=days),
    )  # fmt: skip
    with transaction.atomic():
        decide(by)
        key.save(force_insert=True)
        record("apikey.created", key, by=by, customer_id=customer.id if customer else None, at=at)
    return key, shown


def keys_of(customer: Customer) -> "QuerySet[ApiKey]":
    """Return the customer's keys, usable ones first, then newest first."""
    return ApiKey.objects.filter(customer=customer).order_by(
        F("revoked_at").asc(nulls_first=True), "-created_at"
    )


def revoke_api_key(key: ApiKey, *, by: Acting, at: datetime) -> None:
    """End a key; the next request with it is refused."""
    with transaction.atomic():
        ApiKey.objects.filter(id=key.id, revoked_at=None).update(revoked_at=at)
        record("apikey.revoked", key, by=by, customer_id=key.customer_id, at=at)


def find_api_key(shown: str, at: datetime) -> ApiKey | None:
    """Return the usable key that this secret belongs to, noting its use to the minute."""
    parts = shown.split("_", 2)
    if len(parts) != 3 or parts[0] != "ssv" or not PREFIX.fullmatch(parts[1]):
        return None
    key = ApiKey.objects.filter(prefix=parts[1]).usable(at).select_related("customer").first()
    digest = hashlib.sha256(parts[2].encode()).digest()
    if key is None or not hmac.compare_digest(bytes(key.secret_hash), digest):
        return None
    if key.last_used_at is None or at - key.last_used_at > USE_RESOLUTION:
        ApiKey.objects.filter(id=key.id).update(last_used_at=at)
    return key
