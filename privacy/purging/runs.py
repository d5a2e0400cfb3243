"""A run of the purge: everything due, a receipt for each customer, and a row that says it ran."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

import structlog

from privacy.models import PurgeRun
from privacy.purging.derivations import pending
from privacy.purging.purge import Incomplete, Outcome, purge_all
from privacy.receipts.issue import issue
from smartsvar.clock import database_now

log = structlog.get_logger(__name__)

REMEMBERED = timedelta(days=90)  # rows about runs; they are about nobody


def run_purge(at: datetime, first: Mapping[str, Callable[[], int]] | None = None) -> dict[str, int]:
    """Purge what is due at `at`, sign its receipts; return how many rows went, by model.

    `first`, by name, makes good what the purge depends on. What fails of it is left undone and
    stops nothing: one customer's damage must not keep everybody's data past its time.

    Leaves a PurgeRun, complete only if nothing was left undone, and if no table's dates still
    follow an older declaration. Raises Incomplete when something
    failed that nobody foresaw.
    """
    run = PurgeRun.objects.create(started_at=at)
    outcome = Outcome()
    for name, work in (first or {}).items():
        outcome.prepare(name, work)
    purge_all(at, outcome)
    outcome.waiting += pending()  # what a changed declaration makes due is not all found yet
    receipts = _receipts(run, outcome)
    PurgeRun.objects.filter(id=run.id).update(
        ended_at=database_now(),
        deleted=sum(outcome.gone.values()),
        receipts=receipts,
        undone=len(outcome.waiting) + len(outcome.failed),
    )
    PurgeRun.objects.filter(started_at__lt=at - REMEMBERED).delete()
    if outcome.failed:
        raise Incomplete(outcome.failed, outcome.gone)
    return outcome.gone


def _receipts(run: PurgeRun, outcome: Outcome) -> int:
    """Sign what is without a receipt. What cannot be signed now is in the next run's."""
    try:
        return issue(run.id, database_now())
    except Exception:  # the root key or a database is away: the run is not complete
        log.exception("receipts wait")
        outcome.waiting.append("privacy.SignedReceipt")
        return 0
