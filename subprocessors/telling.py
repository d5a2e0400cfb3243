"""The mails about notices, as work that must not be lost: claim, send, settle; each once.

Like a message's delivery: a claim has a lease and a fence, and a worker that died while it sent
leaves *unknown*, for a second mail is no better than the notice on the customer's page.
"""

import time
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import F
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from customers.readers import addresses_of, write_to
from smartsvar import mail
from smartsvar.clock import database_now
from smartsvar.leases import take
from smartsvar.unreadable import as_mail_trouble
from subprocessors.models import Told
from subprocessors.notices import objections_until, today

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=10)  # above the longest SMTP dialogue
WAIT = timedelta(minutes=5)
GIVE_UP_AFTER = timedelta(days=7)
RUN_SECONDS = 120


def tell_waiting() -> int:
    """Send every mail that waits; return how many were handled.

    What no mail can do now (no server, no key, no database) ends the run: the next one goes on.
    """
    end, handled = time.monotonic() + RUN_SECONDS, 0
    waiting = Told.objects.waiting(database_now()).values_list("id", flat=True)
    for identity in list(waiting[:5000]):
        if time.monotonic() > end:
            break
        handled += 1
        try:
            if tell(identity) in mail.FOR_ALL:
                break
        except Exception:  # the others' turn all the same
            log.exception("notice failed", object=str(identity))
    return handled


def tell(identity: UUID) -> str:
    """Send one mail if it waits; return the code of what hindered it, or ""."""
    at = database_now()
    abandoned = Told.objects.filter(id=identity, state=Told.State.CLAIMED).exists()
    told = claim(identity, at)
    if told is None:
        return ""
    if abandoned:  # the worker before us may have sent it
        return _settle(told, Told.State.UNKNOWN, "worker_died")
    try:
        mail.send(lambda: _write(told))
    except mail.TryAgain as error:
        return _again(told, str(error), at)
    except mail.GiveUp as error:
        return _settle(told, Told.State.FAILED, str(error))
    except mail.Unsure as error:
        return _settle(told, Told.State.UNKNOWN, str(error))
    return _settle(told, Told.State.SENT, "")


def claim(identity: UUID, at: datetime) -> Told | None:
    """Take a waiting mail for this worker; None when it is not waiting (any more)."""
    named = Told.objects.waiting(at).select_related("customer", "notice__engagement__subprocessor")
    changes = {"state": Told.State.CLAIMED, "attempts": F("attempts") + 1}
    return take(named, identity, until=at + LEASE, **changes)


def _write(told: Told) -> list[EmailMultiAlternatives]:
    with as_mail_trouble():
        engagement = told.notice.engagement
        page = reverse("subprocessors:notices", args=[told.customer.number])
        link = settings.PUBLIC_URL + page
        at = database_now()
        facts = {
            "notice": told.notice, "engagement": engagement, "link": link,
            "until": objections_until(told.notice, told.customer, at),
            "late": told.notice.takes_effect_on <= today(at) and told.notice.kind != "end",
        }  # fmt: skip
        return write_to(
            addresses_of(told.customer), "subprocessors/mail/notice", facts,
            subject=_("A change among our subprocessors"), otherwise=told.customer.language,
        )  # fmt: skip


def _settle(told: Told, state: str, code: str) -> str:
    told.let_go(state=state, error=code, settled_at=database_now())
    log.info("notice settled", object=str(told.id), state=state, error=code)
    return code


def _again(told: Told, code: str, at: datetime) -> str:
    """Queue the next attempt, for a week; while nothing could be tried, without an end.

    Counted in attempts: a mail that waited for a restriction to end has its week from then.
    """
    if code not in mail.UNWRITTEN and told.attempts * WAIT > GIVE_UP_AFTER:
        return _settle(told, Told.State.FAILED, code)
    told.let_go(state=Told.State.QUEUED, error=code, next_attempt_at=at + WAIT)
    return code
