from uuid import UUID

import structlog
from celery import shared_task

from privacy import due, orphans, purge
from smartsvar.audit import chain
from smartsvar.clock import database_now

log = structlog.get_logger(__name__)


@shared_task(name="privacy.purge_due")
def purge_due() -> dict[str, int]:
    """Destroy everything due now, by the database's clock."""
    gone = purge.purge(database_now())
    for model, count in gone.items():
        log.info("purged", model=model, count=count)
    return gone


@shared_task(name="privacy.derive_due_again")
def derive_due_again(customer_id: str) -> int:
    """Derive the dates of everything a customer has, after a change of its settings."""
    return due.derive_again(UUID(customer_id))


@shared_task(name="privacy.check_due")
def check_due() -> dict[str, int]:
    """Count stored dates that differ from the declarations; anything but none is an error."""
    found = due.differences()
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
