"""The contract's end: noted, shown with what goes because of it and when, taken back in time."""

from collections.abc import Iterator
from copy import copy
from datetime import datetime, timedelta
from typing import NamedTuple, cast

from django.db import models, transaction

from customers.models import Customer, TenantOwned
from smartsvar.audit.actors import Acting
from smartsvar.audit.trail import record
from smartsvar.jobs import enqueue
from smartsvar.personal_data import Erase, declared

# A last day long past would let everything go at once, before anybody could object to a mistake.
NOTICE = timedelta(days=14)
END = Customer.personal_data.keep.since  # as declarations name the moment that the contract ends
CHANGED = ("contract_ended_at", "dates_pending_since")


class Ended(Exception):
    """The contract's end is noted already."""


class TooLate(Exception):
    """The first of what goes with the contract is due: it is hidden, and on its way out."""


class Going(NamedTuple):
    """So many rows of a kind go when the contract has ended, at this moment."""

    model: type[models.Model]
    at: datetime
    rows: int

    @property
    def name(self) -> str:
        return str(self.model._meta.verbose_name_plural)


def end_contract(customer: Customer, *, ends_at: datetime, by: Acting, at: datetime) -> None:
    """Note that the customer's contract ends, or ended, at `ends_at` (policy row A7).

    From then on what the declarations keep until after the contract has a date; everything else
    goes on as before, until it goes. Raises Ended.
    """
    with transaction.atomic():
        if _locked(customer).contract_ended_at is not None:
            raise Ended
        _change(customer, ends_at, at)
        record("customer.contract_ended", customer, by=by, customer_id=customer.id, at=at)


def resume_contract(customer: Customer, *, by: Acting, at: datetime) -> None:
    """Take back that the contract ends, while nothing is due because of it. Raises TooLate."""
    with transaction.atomic():
        ended = _locked(customer).contract_ended_at
        if ended is None:
            return
        if any(due <= at for _, due in _dates(customer, ended)):
            raise TooLate
        _change(customer, None, at)
        record("customer.contract_resumed", customer, by=by, customer_id=customer.id, at=at)


def _locked(customer: Customer) -> Customer:
    locked: Customer = Customer.objects.select_for_update().get(id=customer.id)
    return locked


def _change(customer: Customer, ends_at: datetime | None, at: datetime) -> None:
    """Store it. The dates of what is already stored are derived again by a job."""
    customer.contract_ended_at, customer.dates_pending_since = ends_at, at
    customer.save(update_fields=CHANGED)
    enqueue("privacy.derive_due_again", customer.id)


def going_with(customer: Customer, ends_at: datetime) -> list[Going]:
    """Return what goes because the contract ends at `ends_at`, and when, the account itself last.

    Which, the declarations say. Counted is all that there is now, restricted and held rows, too.
    """
    found = [Going(model, due, _rows(model, customer)) for model, due in _dates(customer, ends_at)]
    return sorted(found, key=lambda each: (each.at, each.model is Customer))


def soonest(customer: Customer, ends_at: datetime) -> datetime:
    """Return when the first of it would be due."""
    return min(due for _, due in _dates(customer, ends_at))


def _dates(
    customer: Customer, ends_at: datetime
) -> Iterator[tuple[type[Customer] | type[TenantOwned], datetime]]:
    """Yield each model whose rows are kept until so long after the contract, and its date."""
    ended = copy(customer)
    ended.contract_ended_at = ends_at
    for model, said in declared():
        if said.erase is Erase.SHRED and said.keep.since.rsplit(".", 1)[-1] == END:
            owned = cast("type[Customer] | type[TenantOwned]", model)
            row = ended if issubclass(owned, Customer) else owned(customer=ended)
            if (due := said.keep.due(row)) is not None:
                yield owned, due


def _rows(model: type[Customer] | type[TenantOwned], customer: Customer) -> int:
    if issubclass(model, Customer):
        return 1
    return model.objects.filter(customer=customer, shred_job_id=None).count()
