from uuid import UUID

import structlog
from celery import shared_task

from customers.actions.covers import release_ended
from customers.actions.members import note_leavers
from privacy import due, orphans, purge
from smartsvar.audit import chain
from smartsvar.clock import database_now
from smartsvar.shredding import marks, standing
from smartsvar.vault import finality

log = structlog.get_logger(__name__)


@shared_task(name="privacy.purge_due")
def purge_due() -> dict[str, int]:
    """Destroy everything due now, by the database's clock.

    First what it depends on is made good: dates that a changed setting left behind, and when
    people's last memberships ended.
    """
    at = database_now()
    due.derive_pending()
    note_leavers(at)
    release_ended(at)
    gone = purge.purge(at)
    for model, count in gone.items():
        log.info("purged", model=model, count=count)
    return gone


@shared_task(name="privacy.derive_due_again")
def derive_due_again(customer_id: str) -> int:
    """Derive the dates of everything a customer has, after a change of its settings."""
    return due.derive_again(UUID(customer_id))


@shared_task(name="privacy.check_due")
def check_due() -> dict[str, int]:
    """Count stored dates that differ from the declarations, report them, and put them right."""
    found = due.differences()
    if found:
        due.derive_all()
    for model, count in found.items():
        log.error("dates differ from their declaration", model=model, count=count)
    return found


@shared_task(name="privacy.sweep_orphans")
def sweep_orphans() -> dict[str, int]:
    """Remove keys, bytes and spools that no row needs."""
    return orphans.sweep(database_now())


@shared_task(name="privacy.advance_marks")
def advance_marks() -> int:
    """Count main database, key store and ledger one further, and notice when one was put back."""
    try:
        return marks.advance(database_now())
    except marks.OutOfStep:
        log.error("databases and ledger are out of step: stop the service, replay_erasures")
        raise


@shared_task(name="privacy.finish_deletions")
def finish_deletions() -> bool:
    """Free the key store's files of what was deleted (docs/cryptography.md)."""
    return finality.finish(database_now())


@shared_task(name="privacy.prune_ledger")
def prune_ledger() -> int:
    """Remove what the erasure ledger no longer needs to hold, and the databases' notes of it."""
    return standing.prune(database_now())


@shared_task(name="privacy.seal_trail")
def seal_trail() -> int:
    """Seal every committed entry of the audit trail, and anchor the heads outside the database."""
    return chain.seal_trail()
