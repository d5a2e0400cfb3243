"""What happens to records between backup and restore: deleted, due, or ended."""

from datetime import timedelta
from functools import partial
from random import Random
from typing import Any
from unittest.mock import patch
from uuid import UUID

from django.core.management import call_command

from customers.actions import contract
from customers.models import Customer, Invitation
from drill.stock import chief_of
from messages.actions import delete_message
from messages.models import PhoneMessage
from privacy.purging.due import derive_again
from privacy.purging.purge import purge
from privacy.purging.runs import run_purge
from recordings.actions import delete_recording
from recordings.models import Recording
from smartsvar.audit.actors import SYSTEM
from smartsvar.clock import database_now
from smartsvar.shredding import marks
from smartsvar.shredding.claims import claim_due
from smartsvar.shredding.models import ShredJob
from smartsvar.vault import finality
from smartsvar.vault.storage import blob_store

HALF_A_YEAR = timedelta(days=200)  # longer than calls and messages are kept
AFTER_CONTRACT = timedelta(days=25 * 31)  # longer than what is kept after a contract


def migrate() -> None:
    """Make the tables of both databases."""
    call_command("migrate_all", verbosity=0)


def mark() -> int:
    """Count main database, key store and ledger one further, as the schedule does."""
    return marks.advance(database_now())


def delete_some(customer_id: str, calls: int, messages: int) -> int:
    """Have the administrator delete that many calls and messages, one by one; return how many."""
    customer = Customer.objects.get(id=UUID(customer_id))
    chief, gone = chief_of(customer), 0
    for recording in Recording.objects.of(customer).newest_first()[:calls]:
        delete_recording(recording, by=chief)
        gone += 1
    for message in PhoneMessage.objects.of(customer).newest_first()[:messages]:
        delete_message(message, by=chief)
        gone += 1
    return gone


def age(customer_id: str, calls: int, messages: int) -> list[str]:
    """Make that many calls and messages so old that they are due; return their ids."""
    customer = Customer.objects.get(id=UUID(customer_id))
    return _age(customer, calls, messages)


def _age(customer: Customer, calls: int | None, messages: int | None) -> list[str]:
    then = database_now() - HALF_A_YEAR
    heard = [row.pk for row in Recording.objects.of(customer).newest_first()[:calls]]
    taken = [row.pk for row in PhoneMessage.objects.of(customer).newest_first()[:messages]]
    Recording.objects.filter(id__in=heard).update(
        started_at=then, ended_at=then, received_at=then, due_at=then
    )
    PhoneMessage.objects.filter(id__in=taken).update(taken_at=then, received_at=then, due_at=then)
    return [str(row) for row in (*heard, *taken)]


def age_first(calls: int, messages: int) -> list[str]:
    """Make calls and messages of the first customer due; return their ids."""
    customer = Customer.objects.order_by("number")[0]
    return _age(customer, calls, messages)


def age_many(calls: int, messages: int) -> list[str]:
    """Make so many rows due, spread over all customers; return their ids."""
    customers = list(Customer.objects.order_by("number"))
    count = len(customers)
    return [
        row
        for number, customer in enumerate(customers)
        for row in _age(
            customer,
            (calls + number) // count,
            (messages + number) // count,
        )
    ]


def age_over_days(calls: int, messages: int, days: int) -> list[str]:
    """Make so many rows due, each at another moment of the last days; return their ids."""
    ids = age_many(calls, messages)
    step = timedelta(days=days) / max(len(ids), 1)
    for number, row in enumerate(ids):
        due = database_now() - number * step
        for model in (Recording, PhoneMessage):
            model.objects.filter(id=UUID(row)).update(due_at=due)
    return ids


def shown(ids: list[str]) -> int:
    """Count which of these rows any page would still show."""
    rows = [UUID(row) for row in ids]
    return sum(
        model.objects.filter(id__in=rows).live().count() for model in (Recording, PhoneMessage)
    )


def purge_shaky(share: float, rounds: int, seed: int) -> int:
    """Purge so many times over a storage that fails that share of its deletes; return how many.

    The leases of what failed run out in between.
    """
    store, chance, failed = type(blob_store()), Random(seed), []  # noqa: S311 (which to fail)
    real = store.delete

    def shaky(self: Any, names: Any) -> None:
        if chance.random() < share:
            failed.append(1)
            raise OSError("the storage fails")
        real(self, names)

    small = partial(claim_due, limit=20)  # so that there are many deletes to fail
    with patch.object(store, "delete", shaky), patch("privacy.purging.purge.claim_due", small):
        for _ in range(rounds):
            run_purge(database_now())
            ShredJob.objects.update(lease_until=database_now() - timedelta(seconds=1))
    return len(failed)


def end_contract(customer_id: str) -> None:
    """Make everything of a customer due, itself included: its contract ended two years ago."""
    customer = Customer.objects.get(id=UUID(customer_id))
    _age(customer, None, None)
    then = database_now() - AFTER_CONTRACT
    Invitation.objects.of(customer).update(created_at=then)
    contract.end_contract(customer, ends_at=then, by=SYSTEM, at=database_now())
    derive_again(customer.id)


def purge_due() -> dict[str, int]:
    """Destroy what is due, as the schedule does; return how many rows went, by model."""
    return purge(database_now())


def finish_deletions() -> bool:
    """Rid the key store's files of destroyed keys, as the schedule does; return whether it did."""
    return finality.finish(database_now())
