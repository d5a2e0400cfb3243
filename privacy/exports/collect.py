"""Collect an export: find its rows, open and hash each, freeze the list.

A job that may die anywhere: it has a lease, a fence and a cursor, and each page of the list is kept
in one transaction with the cursor that follows it.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import F, Q
from django.utils import translation
from django.utils.translation import gettext as _

from customers.models import Customer, Member
from customers.models.cover import leaving
from privacy.cases.steps import NotOpen, check_identity, decide
from privacy.exports.ask import UNFINISHED, about_of, drop_request
from privacy.exports.listing import LEASE, Lister
from privacy.exports.readers import owner_of
from privacy.exports.selection import Portion, portions
from privacy.models import Case, CaseState, Export, ExportState
from smartsvar.audit.actors import SYSTEM
from smartsvar.audit.trail import record
from smartsvar.clock import database_now
from smartsvar.jobs import enqueue
from smartsvar.leases import LostLease, free, take
from smartsvar.unreadable import LATER

log = structlog.get_logger(__name__)

ROWS = 500  # rows of a page
HEAVY_ROWS = 25  # of a model with sealed objects, each of which is read through
TRIES = 5  # unforeseen failures before an export is given up


class NobodyAsks(Exception):
    """Whoever asked about itself is gone: the request is closed, and nothing is granted."""


def collect_due() -> int:
    """Go on with every export that nobody works on; return how many were tried."""
    at = database_now()
    waiting = _waiting(at).order_by("asked_at", "id")
    found = list(waiting.values_list("id", flat=True)[:100])
    for identity in found:
        try:
            collect(identity)
        except Exception:  # the others' turn all the same
            log.exception("export failed", object=str(identity))
    return len(found)


def collect(identity: UUID) -> str:
    """Collect one export from where it stands; return its state, "" when it is not ours to do."""
    at = database_now()
    waiting, state = _waiting(at), ExportState.COLLECTING
    export: Export | None = take(waiting, identity, until=at + LEASE, state=state)
    if export is None:
        return ""
    try:
        if _for_nobody(export):
            raise NobodyAsks
        _go_through(export)
        _freeze(export)
    except NobodyAsks:
        _let_go(export, given_up=True)
    except LostLease:
        return ""
    except (*LATER, OSError) as error:  # the key service, a database or the storage is away
        log.warning("export waits", object=str(identity), error=type(error).__name__)
        _let_go(export)
    except Exception:
        log.exception("export failed", object=str(identity))
        _let_go(export, failed=1)
    return str(export.state)


def _waiting(at: datetime) -> Any:
    return Export.objects.filter(UNFINISHED, free(at)).timely(at).select_related("customer")


def _for_nobody(export: Export) -> bool:
    """Whether the only member whom it is for is gone: then nobody asks any more."""
    owner = owner_of(export)
    if owner is None:
        return False
    here = Member.objects.filter(id=owner).timely().exclude(id__in=leaving(export.customer_id))
    return not here.exists()


@transaction.atomic
def _let_go(export: Export, *, failed: int = 0, given_up: bool = False) -> None:
    """Leave it to the next run; given up, with its request, after TRIES unforeseen failures."""
    given_up = given_up or export.failures + failed >= TRIES
    if given_up:  # the customer first, as in _freeze
        Customer.objects.select_for_update().get(id=export.customer_id)
    export.state = ExportState.FAILED if given_up else ExportState.COLLECTING
    if export.let_go(state=export.state, failures=F("failures") + failed) and given_up:
        drop_request(export, by=SYSTEM, at=database_now())


def drop_expiring(at: datetime) -> int:
    """Close the requests of exports that go at `at` without having been finished; return how many.

    Before the purge takes them: nothing but the export knows that its request was opened with it.
    """
    lost = Export.objects.filter(
        UNFINISHED | Q(state=ExportState.FAILED), closes_case=True, due_at__lte=at,
        case__closed_at=None, held=False, shred_job_id=None,
    )  # fmt: skip
    found = list(lost.exclude(case=None)[:1000])
    for export in found:
        drop_request(export, by=SYSTEM, at=at)
    return len(found)


def _go_through(export: Export) -> None:
    at = database_now()
    wanted = portions(export.customer, about_of(export), owner=owner_of(export))
    if export.total is None:
        export.total = sum(portion.rows(at).count() for portion in wanted)
        export.mine().update(total=export.total)
    lister = Lister(export)
    for portion in wanted:
        if portion.key >= export.at_portion:
            _list(lister, portion, at, export.after if portion.key == export.at_portion else "")


def _list(lister: Lister, portion: Portion, at: datetime, after: str) -> None:
    """List one portion's rows behind `after`, a page at a time, in the order of their keys."""
    key = portion.model._meta.pk
    rows = portion.rows(at).order_by("pk")
    limit = HEAVY_ROWS if portion.said.blob and not portion.mention else ROWS
    while True:
        place = Q(pk__gt=key.to_python(after)) if after else Q()
        batch = list(rows.filter(place)[:limit])
        if not batch:
            return
        lister.take(portion, batch)
        after = str(batch[-1].pk)


@transaction.atomic
def _freeze(export: Export) -> None:
    at = database_now()
    # Before the export and its case, as whoever restricts or holds locks them.
    Customer.objects.select_for_update().get(id=export.customer_id)
    if _for_nobody(export):
        raise NobodyAsks
    if not export.let_go(state=ExportState.READY, ready_at=at):
        raise LostLease(export.id)
    export.refresh_from_db()
    if export.closes_case:
        _answer(export, at)
    record("export.collected", export, by=SYSTEM, customer_id=export.customer_id, at=at)
    enqueue("privacy.tell_export", export.id)


def _answer(export: Export, at: datetime) -> None:
    """Answer the request that was opened with the export: whoever asked had signed in."""
    case = Case.objects.filter(id__in=[export.case_id], closed_at=None).stored().first()
    if case is None:
        return
    try:
        done = f"export {export.id}"
        check_identity(case, done, by=SYSTEM, at=at)
        with translation.override(export.language):
            ground = _("Articles 12(3), 15 and 20 of the GDPR.")
            decision = _("The export is ready to be fetched on Mina Sidor, under Privacy, Exports.")
        decide(case, CaseState.GRANTED, ground=ground, decision=decision, by=SYSTEM, at=at)
    except NotOpen:
        return
    # The export's own mail tells of it: no second one.
    Case._base_manager.filter(id=case.id).update(to_tell="")
