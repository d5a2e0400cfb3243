"""A customer's erasure: everything it has, now, and then the keys it was sealed under.

What a law wants kept (invoices, agreements, certificates) lies under the customer's `statutory` key
and is not touched. Who may ask for it, on which ground, is not decided here.
"""

from datetime import datetime

from customers.models import Customer
from privacy.purge import shreddable
from smartsvar.audit.actors import Acting
from smartsvar.shredding.actions import BATCH, carry_out, claim_rows
from smartsvar.shredding.models import Shreddable, ShredJob


class NotErased(Exception):
    """The customer is still there; args: its id."""


def erase_customer(customer: Customer, *, by: Acting, at: datetime) -> dict[str, int]:
    """Destroy all of the customer's records, the customer itself and its `content` key.

    Returns how many rows went, by model. What points at others goes first. Idempotent: it may stop
    anywhere and be called again. Raises OSError when ledger or storage cannot be reached; what was
    claimed by then is invisible, and the purge finishes it. Raises NotErased when something came
    in meanwhile, or another deletion of its rows is under way: to be called again.
    """
    gone: dict[str, int] = {}
    for model, _ in shreddable():
        if owner := _owner(model):
            while job := _claim(model, owner, customer, by, at):
                count = carry_out(job)
                gone[model._meta.label] = gone.get(model._meta.label, 0) + count
    if Customer._base_manager.filter(id=customer.id).exists():
        raise NotErased(customer.id)
    return gone


def _owner(model: type[Shreddable]) -> str:
    """Return the field that says whose row it is; "" for what no customer owns."""
    if model is Customer:
        return "id"
    names = {field.name for field in model._meta.concrete_fields}
    return "customer_id" if "customer" in names else ""


def _claim(
    model: type[Shreddable], owner: str, customer: Customer, by: Acting, at: datetime
) -> ShredJob | None:
    rows = model._base_manager.filter(**{owner: customer.id}, shred_job_id=None)
    ids = list(rows.order_by("id").values_list("id", flat=True)[:BATCH])
    return claim_rows(model, ids, by=by, at=at) if ids else None
