"""The mail that support has listened: to a customer's administrators, once per permission.

Who, when, to a call of what time and under which permission; nothing of what was said, nor the
words of the reason, which stay on the page that the link leads to.
"""

from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from customers.readers import administrators_of, note_told, write_each
from recordings.models import Listen, ListeningGrant, Recording
from smartsvar import mail
from smartsvar.audit.actors import pseudonym
from smartsvar.clock import STOCKHOLM
from smartsvar.leases import free
from smartsvar.unreadable import as_mail_trouble

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=10)  # longer than any mail server is waited for
GIVE_UP_AFTER = timedelta(days=7)


def waiting(at: datetime) -> "QuerySet[ListeningGrant]":
    """Return the permissions used of late, of whose use nobody is told and no worker is telling."""
    idle = free(at, "telling_until")
    used = Listen.objects.filter(at__gt=at - GIVE_UP_AFTER).values("grant")
    rows = ListeningGrant.objects.filter(idle, told_at=None, pk__in=used).timely(at)
    found: QuerySet[ListeningGrant] = rows.order_by("begins_at", "id")
    return found


def tell(identity: UUID, at: datetime) -> str:
    """Mail of one permission's first use; return a code of what hindered it, or "".

    To each administrator alone: whose mail server says "later" is tried again, and the others are
    not told twice. It is sent twice rather than not at all, if the worker dies while sending.
    """
    mine = ListeningGrant.objects.filter(id=identity, told_at=None, telling_until=at + LEASE)
    if not waiting(at).order_by().filter(id=identity).update(telling_until=at + LEASE):
        return ""
    code = ""
    try:
        mail.send_each(
            lambda: _write(identity),
            partial(note_told, ListeningGrant.objects.filter(id=identity)),
        )
    except mail.TryAgain as error:
        mine.update(telling_until=None)
        log.info("mail of a listening waits", object=str(identity), error=str(error))
        return str(error)
    except mail.GiveUp as error:  # the page shows it all the same
        code = str(error)
        log.warning("mail of a listening not delivered", object=str(identity), error=code)
    mine.update(told_at=at, telling_until=None, told_to=[])
    return code


def _write(identity: UUID) -> dict[UUID, EmailMultiAlternatives]:
    with as_mail_trouble():
        grant = ListeningGrant.objects.select_related("customer").defer("sealed").get(id=identity)
        customer, first = grant.customer, grant.listens.earliest("at", "id")
        call = Recording.objects.filter(id=first.call_id).values_list("started_at", flat=True)
        facts = {
            "agent": pseudonym(first.agent_id),
            "when": first.at.astimezone(STOCKHOLM),
            "began": (found := call.first()) and found.astimezone(STOCKHOLM),
            "given": grant.begins_at.astimezone(STOCKHOLM),
            "ends": grant.ended_at.astimezone(STOCKHOLM),
            "link": settings.PUBLIC_URL + reverse("portal:insight", args=[customer.number]),
            "permissions": settings.PUBLIC_URL + reverse("portal:grants", args=[customer.number]),
        }
        subject = _("Support has listened to a call")
        return write_each(
            _untold(grant), "recordings/mail/listened", facts,
            subject=subject, otherwise=customer.language,
        )  # fmt: skip


def _untold(grant: ListeningGrant) -> dict[UUID, str]:
    """Return the administrators who are not told yet."""
    found = administrators_of(grant.customer_id, besides=grant.told_to)
    if not found:
        raise mail.GiveUp("nobody_to_tell")
    return found
