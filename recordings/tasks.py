"""Mail to a customer whose calls support has listened to."""

from uuid import UUID

import structlog
from celery import shared_task

from recordings import telling
from smartsvar import mail
from smartsvar.clock import database_now

log = structlog.get_logger(__name__)


@shared_task(name="recordings.tell_listening")
def tell_listening(grant_id: str) -> str:
    """Mail a customer's administrators that a permission was used for the first time."""
    return telling.tell(UUID(grant_id), database_now())


@shared_task(name="recordings.tell_listenings")
def tell_listenings() -> int:
    """Send every such mail that has not gone out; a mail server away stops it."""
    at, told = database_now(), 0
    for identity in list(telling.waiting(at).values_list("id", flat=True)[:500]):
        told += 1
        try:
            if telling.tell(identity, database_now()) in mail.FOR_ALL:
                break
        except Exception:  # the others' turn all the same
            log.exception("mail of a listening failed", object=str(identity))
    return told
