"""While a request is open, what it is about is not purged under its hands."""

from datetime import datetime

import structlog
from django.db import transaction

from customers.actions.covers import About, DeletionUnderWay, end_cover, hold
from customers.models import Hold, Target
from privacy.models import Case, CaseKind
from smartsvar.audit.actors import Acting
from smartsvar.vault.errors import Unreadable

log = structlog.get_logger(__name__)

# Who asks to see, move or only store something, or objects to its use, must not have it destroyed
# while waiting for the answer. Erasure and correction want nothing kept.
WAITING = {CaseKind.ACCESS, CaseKind.PORTABILITY, CaseKind.RESTRICTION, CaseKind.OBJECTION}


def hold_meanwhile(case: Case, about: About, *, by: Acting, at: datetime) -> None:
    """Place a hold until the case closes, in the caller's transaction, and note it on the case.

    Not for the whole account: else a request would keep every caller's data past its time, and a
    customer shortens periods but never lengthens them. Nor for a member: a membership has no date
    of its own to be kept past, and a hold would let its owner hinder its removal. What is being
    destroyed already goes.
    """
    if case.kind not in WAITING or about.target in {Target.CUSTOMER, Target.MEMBER}:
        return
    reason = f"case {case.number}"
    kind = Hold.Kind.CASE
    try:
        with transaction.atomic():
            placed = hold(
                case.customer, about, kind=kind, reason=reason, ends_at=None, by=by, at=at
            )
    except DeletionUnderWay:
        return
    case.hold_id = placed.id
    case.save(update_fields=["hold_id"])


def release(case: Case, *, by: Acting, at: datetime) -> None:
    """End the case's hold; without effect when it has none or somebody ended it.

    One that does not open goes on holding, for nobody knows what: the answer does not wait for it.
    """
    if case.hold_id is None:
        return
    placed = Hold.objects.filter(id=case.hold_id, customer_id=case.customer_id).stored().first()
    if placed is None:
        return
    try:
        end_cover(placed, by=by, at=at)
    except Unreadable as error:
        log.error("hold not released", object=str(placed.id), error=type(error).__name__)
