"""A request repeated with the same Idempotency-Key does its work once.

Kept for 24 hours per credential and customer: hashes, and the id of what was made, no content. A
request that failed leaves its key free. See draft-ietf-httpapi-idempotency-key-header-07.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from customers.models import ApiKey, Customer, IdempotentRequest
from smartsvar.vault.index import blind_indexes

KEPT = timedelta(hours=24)
LEASE = timedelta(minutes=5)
RENEW = timedelta(minutes=1)


class InFlight(Exception):
    """A request with this key is being worked on; `retry_after` in seconds."""

    def __init__(self, retry_after: int) -> None:
        super().__init__()
        self.retry_after = retry_after


class OtherContent(Exception):
    """The key was used for another body."""


class LeaseLost(Exception):
    """This request took so long that a repeated one has taken over."""


class Claim:
    """The right to do a request's work once, or the knowledge that it is done."""

    def __init__(self, row: IdempotentRequest, customer: Customer) -> None:
        self._row, self._customer = row, customer

    @property
    def made(self) -> UUID | None:
        """What the first request made; None while the work is ours to do."""
        return self._row.object_id

    def fingerprint(self, content: str) -> None:
        """Tie the key to this content. Raises OtherContent when it was tied to another."""
        marks = blind_indexes(self._customer.id, "idempotent content", content)
        if self._row.object_id is None:
            self._row.fingerprint = marks[0]
        elif bytes(self._row.fingerprint or b"") not in marks:
            raise OtherContent

    def renew(self, at: datetime) -> None:
        """Hold on to the lease while a long upload streams. Raises LeaseLost."""
        if self.made is None and self._row.lease_until - at < LEASE - RENEW:
            self._change(lease_until=at + LEASE)

    def settle(self, made: UUID) -> None:
        """Note what was made, in the transaction that makes it. Raises LeaseLost."""
        self._change(object_id=made, fingerprint=self._row.fingerprint)

    def _change(self, **values: object) -> None:
        mine = IdempotentRequest.objects.filter(
            id=self._row.id, object_id=None, lease_until=self._row.lease_until
        )
        if not mine.update(**values):
            raise LeaseLost
        for name, value in values.items():
            setattr(self._row, name, value)

    def release(self) -> None:
        """Free the key after a request that failed."""
        IdempotentRequest.objects.filter(
            id=self._row.id, object_id=None, lease_until=self._row.lease_until
        ).delete()


class Unclaimed(Claim):
    """A request without the header: its work is done each time."""

    made = None

    def __init__(self) -> None:
        pass

    def fingerprint(self, content: str) -> None:
        pass

    def renew(self, at: datetime) -> None:
        pass

    def settle(self, made: UUID) -> None:
        pass

    def release(self) -> None:
        pass


def claim(key: ApiKey, customer: Customer, name: str, *, at: datetime) -> Claim:
    """Claim the work of the request with this Idempotency-Key. Raises InFlight.

    A lease that ran out belongs to a request whose process died: whoever asks next takes it over.
    """
    marks = blind_indexes(customer.id, "idempotency key", name)
    same = IdempotentRequest.objects.filter(api_key=key, customer=customer, name_hash__in=marks)
    same.filter(created_at__lte=at - KEPT).delete()
    row = IdempotentRequest(
        api_key=key, customer=customer, name_hash=marks[0], lease_until=at + LEASE, created_at=at
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return _existing(same, customer, at)
    others = same.exclude(id=row.id)
    if len(marks) > 1 and others.exists():
        # While the customer's index key is rotated, one name has two marks that do not collide.
        row.delete()
        return _existing(others, customer, at)
    return Claim(row, customer)


def _existing(same: "QuerySet[IdempotentRequest]", customer: Customer, at: datetime) -> Claim:
    row = same.first()
    if row is None:  # it failed just now and let go
        raise InFlight(1)
    if row.object_id is None:
        left = int((row.lease_until - at).total_seconds())
        free = IdempotentRequest.objects.filter(id=row.id, object_id=None, lease_until__lte=at)
        if not free.update(lease_until=at + LEASE):
            raise InFlight(max(1, left))
        row.lease_until = at + LEASE
    return Claim(row, customer)


def forget(at: datetime | None = None) -> int:
    """Remove keys older than a day; return how many."""
    old = (at or timezone.now()) - KEPT
    gone, _ = IdempotentRequest.objects.filter(created_at__lte=old).delete()
    return gone
