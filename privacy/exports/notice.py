"""The mail that an export is ready: that, a link to sign in by, and nothing of what is in it."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from customers.readers import write_to
from privacy.exports.readers import fetchers_of
from privacy.models import Export, ExportState
from smartsvar import mail
from smartsvar.clock import database_now
from smartsvar.leases import free, take
from smartsvar.unreadable import as_mail_trouble

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=10)  # longer than any mail server is waited for


def untold(at: datetime) -> list[UUID]:
    """Return the exports that are ready and of which nobody has been told."""
    return list(_waiting(at).order_by("ready_at", "id").values_list("id", flat=True)[:500])


def _waiting(at: datetime) -> Any:
    return Export.objects.filter(free(at), state=ExportState.READY, told_at=None).timely(at)


def tell(identity: UUID) -> str:
    """Mail that an export is ready; return a code of what hindered it, or "".

    A worker that dies before the end lets it be sent twice rather than never.
    """
    at, hindered = database_now(), ""
    export: Export | None = take(_waiting(at), identity, until=at + LEASE)
    if export is None:
        return ""
    try:
        mail.send(lambda: _write(identity))
    except mail.TryAgain as error:
        export.let_go()
        log.info("notice waits", object=str(identity), error=str(error))
        return str(error)
    except (mail.GiveUp, mail.Unsure) as error:  # the page shows it all the same
        log.warning("notice not delivered", object=str(identity), error=str(error))
        hindered = str(error)
    export.let_go(told_at=database_now())
    return hindered


def _write(identity: UUID) -> list[EmailMultiAlternatives]:
    with as_mail_trouble():
        export = Export.objects.select_related("customer").get(id=identity)
        to = readers_of(export)
    if not to:
        raise mail.GiveUp("nobody")
    address = reverse("privacy:export", args=[export.customer.number, export.id])
    facts = {"link": settings.PUBLIC_URL + address, "until": export.due_at}
    subject, otherwise = _("Your export is ready"), export.customer.language
    return write_to(to, "privacy/mail/export_ready", facts, subject=subject, otherwise=otherwise)


def readers_of(export: Export) -> list[str]:
    """Return the member who asked, or, when a key or support did, all who may fetch it."""
    able = fetchers_of(export)
    asked = (
        able.filter(id__in=[export.asked_by]) if export.asked_by_kind == "member" else able.none()
    )
    chosen = asked if asked.exists() else able
    return list(chosen.order_by("joined_at").values_list("user__email", flat=True))
