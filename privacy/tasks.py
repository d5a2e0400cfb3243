from uuid import UUID

import structlog
from celery import shared_task

from customers.actions.members import note_leavers
from privacy import due, orphans, purge
from smartsvar.audit import chain
from smartsvar.clock import database_now

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
def sweep_orphans() -> int:
    """Remove orphan keys and abandoned spools."""
    at = database_now()
    return orphans.sweep_keys(at) + orphans.sweep_spools(at)


@shared_task(name="privacy.seal_trail")
def seal_trail() -> int:
    """Seal every committed entry of the audit trail, and anchor the heads outside the database."""
    return chain.seal_trail()
