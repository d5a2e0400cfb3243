"""The mails about published terms: each is sent once, and that it was tried is noted before.

A worker that dies while it sends leaves the mail as sent: the version stands on Mina Sidor until
it is accepted, so a lost mail hides nothing, and a second one would be worse.
"""

import time
from datetime import datetime
from uuid import UUID

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from customers.readers import addresses_of, write_to
from privacy.models import TermsNotice
from smartsvar import mail
from smartsvar.clock import database_now
from smartsvar.unreadable import as_mail_trouble

log = structlog.get_logger(__name__)

RUN_SECONDS = 120


def tell_waiting() -> int:
    """Send every mail that waits; return how many were handled. What hinders all ends the run."""
    end, handled = time.monotonic() + RUN_SECONDS, 0
    waiting = TermsNotice.objects.waiting(database_now()).values_list("id", flat=True)
    for identity in list(waiting[:5000]):
        if time.monotonic() > end:
            break
        handled += 1
        try:
            if tell(identity, database_now()) in mail.FOR_ALL:
                break
        except Exception:  # the others' turn all the same
            log.exception("mail about terms failed", object=str(identity))
    return handled


def tell(identity: UUID, at: datetime) -> str:
    """Send one mail if it waits; return the code of what hindered it, or ""."""
    ours = TermsNotice.objects.filter(id=identity)
    if not TermsNotice.objects.waiting(at).filter(id=identity).update(sent_at=at):
        return ""
    try:
        mail.send(lambda: _write(identity))
    except mail.TryAgain as error:
        ours.filter(sent_at=at).update(sent_at=None, error=str(error))
        return str(error)
    except (mail.GiveUp, mail.Unsure) as error:
        log.warning("mail about terms not delivered", object=str(identity), error=str(error))
        # What is given up reached nobody; of the other nobody knows.
        sent = at if isinstance(error, mail.Unsure) else None
        ours.update(sent_at=sent, failed_at=at, error=str(error))
        return str(error)
    return ""


def _write(identity: UUID) -> list[EmailMultiAlternatives]:
    told = TermsNotice.objects.select_related("customer", "terms").get(id=identity)
    with as_mail_trouble():
        page = reverse("privacy:accepted", args=[told.customer.number])
        facts = {"terms": told.terms, "link": settings.PUBLIC_URL + page}
        return write_to(
            addresses_of(told.customer), "privacy/mail/terms", facts, subject=_("New terms"),
            otherwise=told.customer.language,
        )  # fmt: skip
