"""Deliveries as work that must not be lost: claim, send, settle.

At least once, with states that say what is known.
"""

import random
import time
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db.models import F

from messages.channels.email import send as email
from messages.models import Delivery
from messages.models.delivery import LEASE
from messages.proof import with_attempt
from smartsvar import mail
from smartsvar.clock import database_now
from smartsvar.leases import take

log = structlog.get_logger(__name__)

RUN_SECONDS = 25  # below the interval of the schedule
GIVE_UP_AFTER = timedelta(hours=48)
LEAST_ATTEMPTS = 24  # what a restriction, or we, kept waiting for days is tried half a day yet
FIRST_WAIT = timedelta(seconds=30)
LONGEST_WAIT = timedelta(hours=1)


def claim(delivery_id: UUID, at: datetime) -> Delivery | None:
    """Take a waiting delivery for this worker; None when it is not waiting (any more)."""
    waiting = Delivery.objects.waiting(at).select_related(
        "message__customer", "member__user", "staff"
    )
    changes = {"state": Delivery.State.CLAIMED, "attempts": F("attempts") + 1}
    return take(waiting, delivery_id, until=at + LEASE, **changes)


def deliver(delivery_id: UUID) -> str:
    """Send one delivery if it is waiting; return its state, or "" when there was nothing to do."""
    return _attempt(delivery_id)[0]


def _attempt(delivery_id: UUID) -> tuple[str, str]:
    """Return the state it leaves behind and the code of what went wrong."""
    at = database_now()
    abandoned = Delivery.objects.filter(id=delivery_id, state=Delivery.State.CLAIMED).exists()
    delivery = claim(delivery_id, at)
    if delivery is None:
        return "", ""
    if abandoned:  # the worker before us may have sent it: say so rather than send twice
        return _settle(delivery, Delivery.State.UNKNOWN, "worker_died")
    if delivery.message.shred_job_id is not None:
        return _settle(delivery, Delivery.State.DEAD, "message_gone")
    try:
        email.send(delivery)
    except mail.TryAgain as error:
        return _again(delivery, str(error), at)
    except email.NoRecipient as error:
        return _settle(delivery, Delivery.State.DEAD, str(error))
    except mail.GiveUp as error:
        return _settle(delivery, Delivery.State.FAILED, str(error))
    except mail.Unsure as error:
        return _settle(delivery, Delivery.State.UNKNOWN, str(error))
    return _settle(delivery, Delivery.State.ACCEPTED, "")


def _settle(delivery: Delivery, state: str, code: str) -> tuple[str, str]:
    at = database_now()
    history = with_attempt(delivery.history, state, code, at)
    delivery.let_go(state=state, error=code, settled_at=at, history=history)
    log.info("delivery settled", object=str(delivery.id), state=state, error=code)
    return state, code


def _again(delivery: Delivery, code: str, at: datetime) -> tuple[str, str]:
    """Queue the next attempt: 30 s · 2ⁿ with full jitter, at most an hour, for 48 hours.

    And not fewer than LEAST_ATTEMPTS times. While the root key or a database is away, nothing was
    tried: that never ends a delivery.
    """
    tried = at - delivery.created_at > GIVE_UP_AFTER and delivery.attempts >= LEAST_ATTEMPTS
    if code not in mail.UNWRITTEN and tried:
        return _settle(delivery, Delivery.State.DEAD, code)
    longest = min(FIRST_WAIT * 2 ** min(delivery.attempts, 10), LONGEST_WAIT)
    wait = timedelta(seconds=random.uniform(5, longest.total_seconds()))  # noqa: S311
    state, history = Delivery.State.QUEUED, with_attempt(delivery.history, "queued", code, at)
    delivery.let_go(state=state, error=code, next_attempt_at=at + wait, history=history)
    log.info("delivery waits", object=str(delivery.id), error=code)
    return str(Delivery.State.QUEUED), code


def deliver_due() -> int:
    """Send what waits, oldest first; return how many were handled.

    Without a mail server, root key or database the first one finds out for all: the rest stays as
    it is. Nor does a slow server hold the worker for longer than a run may take.
    """
    ids = Delivery.objects.waiting(database_now()).values_list("id", flat=True)
    end, handled = time.monotonic() + RUN_SECONDS, 0
    for identity in list(ids[:500]):
        if time.monotonic() > end:
            break
        state, code = _attempt(identity)
        handled += bool(state)
        if code in mail.FOR_ALL:
            break
    return handled
