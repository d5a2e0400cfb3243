"""Deliveries that wait go to another address: what is being sent, or was, stays as it is."""

from customers.models import Customer
from messages.models import Delivery
from smartsvar.paging import openable


def waiting_for(customer: Customer, address: str) -> list[Delivery]:
    """Return the customer's queued deliveries to this address, whatever its capitals."""
    queued = Delivery.objects.filter(customer=customer, state=Delivery.State.QUEUED)
    wanted = address.strip().casefold()
    rows = openable(list(queued.filter(message__shred_job_id=None)))
    return [row for row in rows if row.address.casefold() == wanted]


def readdress(customer: Customer, old: str, new: str) -> int:
    """Send what waits for `old` to `new`, in the caller's transaction; return how many.

    A worker that claims one meanwhile waits for the commit, and then reads the new address.
    """
    ids = [row.pk for row in waiting_for(customer, old)]
    queued = Delivery.objects.filter(pk__in=ids, state=Delivery.State.QUEUED)
    locked = list(queued.select_for_update(of=("self",)).order_by("pk"))
    for row in locked:
        row.address = new
    written: int = Delivery.objects.all().write_sealed(locked)
    return written
