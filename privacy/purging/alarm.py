"""The dead-man's alarm: told when no purge has completed in time, whoever should have run it.

Asked by the health endpoint, which the operator's monitor calls, and by a task of the mail workers:
so it goes off when beat, the workers or both are dead. It says nothing but times.
"""

from datetime import datetime, timedelta

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import Q

from privacy.models import PurgeRun, Watch
from smartsvar import letters, mail
from smartsvar.clock import STOCKHOLM

log = structlog.get_logger(__name__)

ONLY = 1  # the primary key of the one row
AGAIN = timedelta(minutes=5)  # between two attempts at a mail that the mail server did not take


class PurgeStopped(Exception):
    """No purge has completed in time; args: since when."""


def require_purged(at: datetime) -> None:
    """Return if a purge completed in time before `at`; else tell the operators, once per outage.

    Raises PurgeStopped.
    """
    since = stopped_since(at)
    if since is not None:
        tell(since, at)
        raise PurgeStopped(since)


def stopped_since(at: datetime) -> datetime | None:
    """Return since when no purge has completed, if that is too long; None while all is well.

    Where none has ever, it counts from when this was first asked.
    """
    last = PurgeRun.last_complete() or _watch(at).since
    allowed = timedelta(minutes=settings.PURGE_ALARM_MINUTES)
    return last if at - last > allowed else None


def _watch(at: datetime) -> Watch:
    return Watch.objects.get_or_create(pk=ONLY, defaults={"since": at})[0]


def tell(since: datetime, at: datetime) -> bool:
    """Mail the operators that no purge has completed since then; return whether it was sent.

    Whoever notices first does it. Not again for the same outage, unless the mail was not taken.
    """
    log.error("no purge has completed in time", count=_minutes(since, at))
    if not settings.OPERATORS_EMAIL:
        return False
    _watch(at)
    rested = Q(tried_at=None) | Q(tried_at__lt=at - AGAIN)
    untold = Watch.objects.filter(rested, pk=ONLY).exclude(told_of=since)
    if not untold.update(told_of=since, tried_at=at):
        return False
    try:
        mail.send(lambda: _write(since, at))
    except (mail.TryAgain, mail.GiveUp) as error:
        log.error("operators not told", error=str(error))
        Watch.objects.filter(pk=ONLY, told_of=since).update(told_of=None)
        return False
    except mail.Unsure:
        log.error("operators perhaps not told")
    Watch.objects.filter(pk=ONLY, told_of=since).update(tried_at=None)
    return True


def _minutes(since: datetime, at: datetime) -> int:
    return int((at - since).total_seconds() // 60)


def _write(since: datetime, at: datetime) -> EmailMultiAlternatives:
    facts = {
        "since": since.astimezone(STOCKHOLM),
        "minutes": _minutes(since, at),
        "address": f"{settings.PUBLIC_URL}/",
    }
    return letters.write(  # in English, as the logs that it sends its reader to
        "privacy/mail/purge_stopped", facts, subject="Smartsvar: the purge stands still",
        to=settings.OPERATORS_EMAIL, language="en",
    )  # fmt: skip
