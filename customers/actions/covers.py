"""Restrict processing (article 18), hold what must not be destroyed, and end either."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog
from django.db import transaction

from customers.actions.members import guard_last_administrator
from customers.covering import put_on, take_off
from customers.models import Customer, Member
from customers.models.cover import Cover, Hold, Restriction, Target, ended_by
from smartsvar.audit.actors import SYSTEM, Acting
from smartsvar.audit.trail import record
from smartsvar.unreadable import noticed
from smartsvar.vault.errors import Unreadable

log = structlog.get_logger(__name__)


class DeletionUnderWay(Exception):
    """What was to be held is being destroyed already: a claim is the point of no return."""


class Unreleased(Exception):
    """Holds whose end has come could not be released; args: how many."""


@dataclass(frozen=True, kw_only=True)
class About:
    """Whom or what: a caller by number (E.164) or e-mail, anything else by model and id."""

    target: Target
    caller: str = ""
    object_model: str = ""
    object_id: UUID | None = None

    @property
    def identity(self) -> UUID:
        """The id of the single thing that it is about. Raises ValueError for what has none."""
        if self.object_id is None:
            raise ValueError(f"{self.target} names no single thing.")
        return self.object_id


def restrict(
    customer: Customer, about: About, *, reason: str, keeps: bool, by: Acting, at: datetime
) -> Restriction:
    """Only store what this is about, from now on; `keeps`: not even the purge touches it.

    What is being destroyed already stays claimed, and is as invisible. Raises LastAdministrator
    for the member without whom nobody could lift it.
    """
    cover = Restriction(customer=customer, keeps=keeps)
    with transaction.atomic():
        _place(cover, customer, about, reason, at)
        if about.target == Target.MEMBER:
            guard_last_administrator(Member.objects.get(id=about.identity, customer=customer))
        put_on(cover)
        record("restriction.imposed", cover, by=by, customer_id=customer.id, at=at)
    return cover


def hold(
    customer: Customer,
    about: About,
    *,
    kind: Hold.Kind,
    reason: str,
    ends_at: datetime | None,
    by: Acting,
    at: datetime,
) -> Hold:
    """Keep what this is about from being destroyed until `ends_at` or until it is ended.

    Raises DeletionUnderWay when a single record is claimed already, or taken out of the database
    or gone, and places nothing.
    """
    cover = Hold(customer=customer, kind=kind, ends_at=ends_at)
    with transaction.atomic():
        _place(cover, customer, about, reason, at)
        reached = put_on(cover)
        if not reached and about.target not in {Target.CALLER, Target.CUSTOMER}:
            raise DeletionUnderWay
        record("hold.placed", cover, by=by, customer_id=customer.id, at=at)
    return cover


def _place(cover: Cover, customer: Customer, about: About, reason: str, at: datetime) -> None:
    """Store it under the customer's lock: an insert under way is waited for, then flagged too."""
    Customer.objects.select_for_update().get(id=customer.id)
    cover.target, cover.placed_at = about.target, at
    cover.object_model, cover.object_id = about.object_model, about.object_id
    cover.caller, cover.reason = about.caller, reason
    cover.save(force_insert=True)


def end_cover(cover: Cover, *, by: Acting, at: datetime) -> None:
    """Lift a restriction or release a hold; what others in force still cover stays covered."""
    with transaction.atomic():
        Customer.objects.select_for_update().get(id=cover.customer_id)
        model = type(cover)
        if not model.objects.filter(id=cover.id, ended_at=None).update(ended_at=at):
            return
        cover.ended_at = at
        cover.save(update_fields=["ended_at"])  # and with it the date of its own destruction
        take_off(cover)
        verb = "restriction.lifted" if isinstance(cover, Restriction) else "hold.released"
        record(verb, cover, by=by, customer_id=cover.customer_id, at=at)


def release_ended(at: datetime) -> int:
    """Release every hold whose end has come; return how many.

    Raises Unreleased at the end when some could not be: they go on holding, and are tried again.
    """
    due = list(Hold.objects.filter(ended_by(at), shred_job_id=None).select_related("customer"))
    left = 0
    for each in due:
        try:
            end_cover(each, by=SYSTEM, at=at)
        except Exception as error:  # the others' turn all the same
            log.exception("hold not released", object=str(each.id))
            if isinstance(error, Unreadable):
                noticed(error)
            left += 1
    if left:
        raise Unreleased(left)
    return len(due)
