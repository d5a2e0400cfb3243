"""Ask for an erasure, and take it back while nothing has gone."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction

from customers.actions.covers import About
from customers.actions.members import guard_last_administrator
from customers.models import Customer, Member, Target
from privacy.erasures.notices import announce
from privacy.models import Erasure, ErasureState, Mentions, NoticeKind
from smartsvar.audit.actors import Acting
from smartsvar.audit.trail import record
from smartsvar.jobs import enqueue
from smartsvar.vault.errors import Unreadable


class AlreadyAsked(Exception):
    """The same erasure is waiting or under way."""


class TooLate(Exception):
    """The erasure has begun: what is destroyed does not come back."""


def ask_erasure(
    customer: Customer,
    about: About,
    *,
    by: Acting,
    at: datetime,
    grace_days: int = 0,
    mentions: Mentions = Mentions.STAY,
) -> Erasure:
    """Take in an erasure and nudge a worker; a whole account waits `grace_days` days first.

    Of a whole account's, its people are told by mail. Raises AlreadyAsked, and LastAdministrator
    for the member without whom nobody decides.
    """
    days = min(max(grace_days, 0), settings.ERASURE_GRACE_DAYS)
    whole = about.target == Target.CUSTOMER
    erasure = Erasure(
        customer_id=customer.id, target=about.target, object_model=about.object_model,
        object_id=about.object_id, mentions=mentions, asked_at=at,
        starts_at=at + timedelta(days=days) if whole else at,
        asked_by_kind=by.actor.kind, asked_by=by.actor.id,
    )  # fmt: skip
    erasure.caller = about.caller
    with transaction.atomic():
        Customer.objects.select_for_update().get(id=customer.id)
        _refuse(customer, about)
        erasure.save(force_insert=True)
        if whole:
            Customer._base_manager.filter(id=customer.id).update(closes_at=erasure.starts_at)
            announce(erasure, NoticeKind.ASKED, customer, at=at)
        record("erasure.asked", erasure, by=by, customer_id=customer.id, at=at)
        enqueue("privacy.erase", erasure.id)
    return erasure


def _refuse(customer: Customer, about: About) -> None:
    if about.target == Target.MEMBER:
        guard_last_administrator(Member.objects.get(id=about.identity, customer=customer))
    same = Erasure.objects.open().filter(customer_id=customer.id, target=about.target)
    for other in same.filter(object_id=about.object_id):
        # What does not open is nobody's in particular: it bars no other caller's erasure.
        if opens(other) and other.caller.casefold() == about.caller.casefold():
            raise AlreadyAsked


def cancel(erasure: Erasure, *, by: Acting, at: datetime) -> None:
    """Take back an erasure whose time of grace runs, or that has waited for a hold from the start.

    Raises TooLate when something has gone, or a worker is at it. One that does not open can always
    be taken back: nobody can read any more what is to go.
    """
    with transaction.atomic():
        customer = Customer.objects.select_for_update().filter(id=erasure.customer_id).first()
        here = Erasure._base_manager.select_for_update().filter(id=erasure.id, closed_at=None)
        current: Erasure | None = here.first()
        begun = [ErasureState.RUNNING]
        if current is None or current.state in begun:
            raise TooLate
        if current.batches.exists() and opens(current):
            raise TooLate
        close(current, ErasureState.CANCELLED, at)
        if customer is not None and current.target == Target.CUSTOMER:
            announce(current, NoticeKind.CANCELLED, customer, at=at)
        record("erasure.cancelled", current, by=by, customer_id=current.customer_id, at=at)


def opens(erasure: Erasure) -> bool:
    """Whether it says whom it is about. Raises RootUnreachable, WrongRoot: that is for later."""
    try:
        erasure.opened()
    except Unreadable:
        return False
    return True


def close(erasure: Erasure, state: ErasureState, at: datetime) -> None:
    """End an erasure, in the caller's transaction; what named the person leaves the row."""
    erasure.state, erasure.closed_at, erasure.lease_until = state, at, None
    if opens(erasure):
        erasure.caller, erasure.people, erasure.waiting, erasure.calls = "", [], [], []
    erasure.save()
    if erasure.target == Target.CUSTOMER:
        mine = Customer._base_manager.filter(id=erasure.customer_id)
        mine.update(closes_at=None, going_since=None)
