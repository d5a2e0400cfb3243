"""Mail to a customer whose calls support has listened to."""

import time
from uuid import UUID

import structlog
from celery import shared_task

from recordings import telling
from smartsvar import mail
from smartsvar.clock import database_now

log = structlog.get_logger(__name__)
SWEEP_SECONDS = 60  # below the interval of the schedule


@shared_task(name="recordings.tell_listening")
def tell_listening(grant_id: str) -> str:
    """Mail a customer's administrators that a permission was used for the first time."""
    return telling.tell(UUID(grant_id), database_now())


@shared_task(name="recordings.tell_listenings")
def tell_listenings() -> int:
    """Send every such mail that has not gone out; a mail server away stops it, a slow one delays.

    The next run takes what is left after SWEEP_SECONDS.
    """
    at, told, end = database_now(), 0, time.monotonic() + SWEEP_SECONDS
    for identity in list(telling.waiting(at).values_list("id", flat=True)[:500]):
        if time.monotonic() > end:
            break
        told += 1
        try:
            if telling.tell(identity, database_now()) in mail.FOR_ALL:
                break
        except Exception:  # the others' turn all the same
            log.exception("mail of a listening failed", object=str(identity))
    return told
