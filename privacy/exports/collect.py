"""Collect an export: find its rows, open and hash each, freeze the list.

A job that may die anywhere: it has a lease, a fence and a cursor, and each page of the list is kept
in one transaction with the cursor that follows it.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import transaction
from django.db.models import F, Q

from customers.models import Customer
from privacy.cases.steps import NotOpen, check_identity, decide
from privacy.exports.ask import UNFINISHED, about_of, drop_request
from privacy.exports.listing import Lister
from privacy.exports.readers import owner_of
from privacy.exports.selection import Portion, portions
from privacy.models import Case, CaseState, Export, ExportState
from smartsvar.audit.actors import SYSTEM
from smartsvar.audit.trail import record
from smartsvar.clock import database_now
from smartsvar.jobs import enqueue
from smartsvar.shredding.actions import LostLease
from smartsvar.unreadable import LATER

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=5)
ROWS = 500  # rows of a page
HEAVY_ROWS = 25  # of a model with sealed objects, each of which is read through
TRIES = 5  # unforeseen failures before an export is given up


def collect_due() -> int:
    """Go on with every export that nobody works on; return how many were tried."""
    at = database_now()
    waiting = Export.objects.filter(UNFINISHED, _free(at)).timely(at).order_by("asked_at", "id")
    found = list(waiting.values_list("id", flat=True)[:100])
    for identity in found:
        collect(identity)
    return len(found)


def collect(identity: UUID) -> str:
    """Collect one export from where it stands; return its state, "" when it is not ours to do."""
    export = _claim(identity, database_now())
    if export is None:
        return ""
    try:
        _go_through(export)
        _freeze(export)
    except LostLease:
        return ""
    except (*LATER, OSError) as error:  # the key service, a database or the storage is away
        log.warning("export waits", object=str(identity), error=type(error).__name__)
        _let_go(export)
    except Exception:
        log.exception("export failed", object=str(identity))
        _let_go(export, failed=1)
    return str(export.state)


def _free(at: datetime) -> Q:
    return Q(lease_until=None) | Q(lease_until__lt=at)


def _mine(export: Export) -> Any:
    return Export.objects.filter(
        id=export.id, fence=export.fence, state=ExportState.COLLECTING, shred_job_id=None
    )


def _claim(identity: UUID, at: datetime) -> Export | None:
    waiting = Export.objects.filter(UNFINISHED, _free(at), id=identity).timely(at)
    taken = waiting.update(
        state=ExportState.COLLECTING, lease_until=at + LEASE, fence=F("fence") + 1
    )
    if not taken:
        return None
    found: Export = Export.objects.select_related("customer").get(id=identity)
    return found


@transaction.atomic
def _let_go(export: Export, *, failed: int = 0) -> None:
    """Leave it to the next run; given up, with its request, after TRIES unforeseen failures."""
    given_up = export.failures + failed >= TRIES
    if given_up:  # the customer first, as in _freeze
        Customer.objects.select_for_update().get(id=export.customer_id)
    export.state = ExportState.FAILED if given_up else ExportState.COLLECTING
    mine = _mine(export).update(
        state=export.state, failures=F("failures") + failed, lease_until=None
    )
    if mine and given_up:
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
        _mine(export).update(total=export.total)
    lister = Lister(export, _hold_on)
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


def _hold_on(export: Export, **cursor: Any) -> None:
    """Hold on to the lease, and note how far it has come. Raises LostLease."""
    if not _mine(export).update(lease_until=database_now() + LEASE, **cursor):
        raise LostLease(export.id)


@transaction.atomic
def _freeze(export: Export) -> None:
    at = database_now()
    # Before the export and its case, as whoever restricts or holds locks them.
    Customer.objects.select_for_update().get(id=export.customer_id)
    done = _mine(export).update(state=ExportState.READY, ready_at=at, lease_until=None)
    if not done:
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
        ground = "GDPR art. 12(3), 15, 20"
        decide(case, CaseState.GRANTED, ground=ground, decision=done, by=SYSTEM, at=at)
    except NotOpen:
        return
    # The export's own mail tells of it: no second one.
    Case._base_manager.filter(id=case.id).update(to_tell="")
