"""The key that signs now, its successor, and what is published of them all."""

import base64
import hashlib
from datetime import UTC, datetime
from typing import Any

import structlog
from django.db import IntegrityError, transaction

from privacy.models import SigningKey
from privacy.receipts.verify import canonical
from smartsvar.clock import database_now
from smartsvar.ids import new_id
from smartsvar.vault import signing
from smartsvar.vault.errors import KeyLost, Tampered

log = structlog.get_logger(__name__)
LABEL = "privacy.SigningKey"


class NoKey(Exception):
    """No key can sign just now: another process is changing it. To be tried again."""


def ready(at: datetime) -> None:
    """See to it that there is a key that signs. Outside a transaction. Raises VaultError.

    One that is lost or damaged (a restored key store) is retired, and another made.
    """
    key = SigningKey.objects.filter(retired_at=None).first()
    if key is None:
        _make(at)
        return
    try:
        signing.sign(key.seed, b"", model=LABEL, row=key.id)
    except (KeyLost, Tampered) as error:
        log.error("signing key lost", object=str(key.id), error=type(error).__name__)
        rotate(at)


def rotate(at: datetime) -> SigningKey:
    """Retire the key that signs, destroy its seed, and make another. Raises VaultError.

    What the old one signed stays verifiable: its public half remains published, with its end.
    """
    fresh = _new(at)
    with transaction.atomic():
        old = list(SigningKey.objects.select_for_update().filter(retired_at=None))
        # Whoever signed while we waited for the lock did so later than `at`.
        fresh.made_at = at = max(at, database_now())
        SigningKey.objects.filter(retired_at=None).update(retired_at=at)
        fresh.save()
    for key in old:
        signing.destroy_seed(key.seed)
    return fresh


def _make(at: datetime) -> None:
    """Make the first key. When two processes do at once, the first one's stays."""
    fresh = _new(at)
    try:
        with transaction.atomic():
            fresh.save()
    except IntegrityError:
        signing.destroy_seed(fresh.seed)


def _new(at: datetime) -> SigningKey:
    row = new_id()
    seed = signing.new_seed(LABEL, row)
    name = hashlib.sha256(seed.public).hexdigest()[:16]
    return SigningKey(
        id=row, name=name, public=seed.public, key_id=seed.key_id, sealed=seed.sealed, made_at=at
    )


def hold() -> SigningKey:
    """Return the key that signs, locked until the transaction ends: one signs at a time.

    Raises NoKey.
    """
    key = SigningKey.objects.select_for_update().filter(retired_at=None).first()
    if key is None:
        raise NoKey
    return key


def sign(key: SigningKey, fact: dict[str, Any], at: datetime) -> dict[str, Any]:
    """Return the fact with the key's name and the time, and its signature over both.

    Anything that must be believed without us (a receipt, a certificate) is signed here. `fact`
    holds texts, whole numbers, lists and dicts only, and a "format" that says what it is. The time
    is never before the key's: a run's own may be, when the key was changed during it.
    """
    at = max(at, key.made_at)
    whole = fact | {"key": key.name, "signed_at": moment(at)}
    signature = signing.sign(key.seed, canonical(whole), model=LABEL, row=key.id)
    return {"fact": whole, "signature": base64.b64encode(signature).decode()}


def moment(at: datetime) -> str:
    """Return a moment as receipts write it: UTC, to the second, with its offset."""
    return at.astimezone(UTC).isoformat(timespec="seconds")


def published() -> dict[str, Any]:
    """Return every key's public half, with the time in which it signed."""
    rows = SigningKey.objects.order_by("made_at")
    return {
        "format": "smartsvar signing keys, version 1",
        "algorithm": "Ed25519",
        "keys": [
            {
                "name": key.name,
                "public": base64.b64encode(bytes(key.public)).decode(),
                "from": moment(key.made_at),
                "until": moment(key.retired_at) if key.retired_at else "",
            }
            for key in rows
        ],
    }
