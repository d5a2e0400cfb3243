"""Restrict processing (article 18), hold what must not be destroyed, and end either."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction

from customers.actions.members import guard_last_administrator
from customers.calling import NOTHING, tenant_models
from customers.covering import being_deleted, covered, put_on, take_off
from customers.models import Customer, Member
from customers.models.cover import Cover, Hold, Restriction, Target, ended_by
from smartsvar.audit.actors import SYSTEM, Acting
from smartsvar.audit.trail import record
from smartsvar.unreadable import noticed_since
from smartsvar.vault.errors import Unreadable

log = structlog.get_logger(__name__)


class DeletionUnderWay(Exception):
    """What was to be held is being destroyed already: a claim is the point of no return."""


class Unreleased(Exception):
    """Holds or restrictions whose end has come could not be ended; args: how many."""


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
    customer: Customer,
    about: About,
    *,
    reason: str,
    keeps: bool,
    by: Acting,
    at: datetime,
    removes: bool = False,
) -> Restriction:
    """Only store what this is about, from now on; `keeps`: not even the purge touches it.

    removes: a member who was removed and whom a hold keeps (customers/actions/leaving.py).
    What is being destroyed already stays claimed, and is as invisible: of a caller's, `too_late`
    counts it. Raises LastAdministrator for the member without whom nobody could lift it, and
    DeletionUnderWay for an account of which an erasure has destroyed something.
    """
    cover = Restriction(customer=customer, keeps=keeps, removes=removes)
    with transaction.atomic():
        _place(cover, customer, about, reason, at)
        if about.target == Target.MEMBER:
            guard_last_administrator(Member.objects.get(id=about.identity, customer=customer))
        _put_on(cover)
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
    or gone, or when an erasure of the account has destroyed something, and places nothing. Of a
    caller's rows those that are free are kept; `too_late` counts those that are claimed.
    """
    cover = Hold(customer=customer, kind=kind, ends_at=ends_at)
    with transaction.atomic():
        _place(cover, customer, about, reason, at)
        reached = _put_on(cover)
        if not reached and about.target not in {Target.CALLER, Target.CUSTOMER}:
            raise DeletionUnderWay
        record("hold.placed", cover, by=by, customer_id=customer.id, at=at)
    return cover


def _place(cover: Cover, customer: Customer, about: About, reason: str, at: datetime) -> None:
    """Store it under the customer's lock: an insert under way is waited for, then flagged too."""
    current = Customer.objects.select_for_update().get(id=customer.id)
    if about.target == Target.CUSTOMER and current.going_since is not None:
        raise DeletionUnderWay
    cover.target, cover.placed_at = about.target, at
    cover.object_model, cover.object_id = about.object_model, about.object_id
    cover.caller, cover.reason = about.caller, reason
    cover.save(force_insert=True)


def _put_on(cover: Cover) -> int:
    """Flag what it covers and note what it came too late for; return how many rows it reached."""
    reached = put_on(cover)
    if cover.target == Target.CALLER:
        cover.too_late = being_deleted(cover)
    return reached


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

    One that does not open goes on holding: nobody can tell any more what it keeps, and doubt never
    deletes. It is reported as damage, and is no reason to call a purge incomplete for ever. Raises
    Unreleased at the end when others could not be released: they are tried again.
    """
    rows = Hold.objects.filter(ended_by(at), shred_job_id=None).select_related("customer")
    due: list[Any] = list(rows)
    return _end_all(due, at)


def _end_all(covers: Sequence[Any], at: datetime) -> int:
    """End each of them, whatever becomes of the others; return how many. Raises Unreleased."""
    ended = left = 0
    for each in covers:
        try:
            end_cover(each, by=SYSTEM, at=at)
            ended += 1
        except Unreadable as error:  # nobody can tell any more what it covers
            since = getattr(each, "ends_at", None) or each.placed_at
            noticed_since(error, error.place or each.place, since=since)
        except Exception:  # the others' turn all the same
            log.exception("cover not ended", object=str(each.id))
            left += 1
    if left:
        raise Unreleased(left)
    return ended


def lift_left(at: datetime) -> int:
    """End the restrictions of what is there no more, removed or purged; return how many.

    They restrict nothing, and would otherwise be in force, and kept, for ever. Raises Unreleased at
    the end when some could not be ended.
    """
    alone = Restriction.objects.filter(removes=False).in_force().exclude(object_id=None)
    covers: list[Any] = list(alone.select_related("customer"))
    gone: list[Any] = []
    for model in tenant_models():
        mine = [each for each in covers if covered(model, each) is not NOTHING]
        rows = model._base_manager.filter(id__among=[each.object_id for each in mine])
        there = set(rows.values_list("id", flat=True)) if mine else set()
        gone += [each for each in mine if each.object_id not in there]
    return _end_all(gone, at)
