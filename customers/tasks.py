"""Mail of the tenant's life: invitations; and what the API need not remember any longer."""

import time
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from celery import shared_task
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from customers.actions.account_mails import send_queued
from customers.actions.enquiries import tell_operators
from customers.actions.idempotency import forget
from customers.models import AccountMail, Invitation
from customers.readers import language_of
from smartsvar import letters, mail
from smartsvar.clock import database_now
from smartsvar.leases import take
from smartsvar.shredding.models import Gone
from smartsvar.unreadable import as_mail_trouble
from smartsvar.vault.errors import VaultError

log = structlog.get_logger(__name__)

SWEEP_SECONDS = 60
LEASE = timedelta(minutes=10)  # longer than any mail server is waited for
ONLY_TOKEN = ("token",)


@shared_task(name="customers.send_invitation")
def send_invitation(invitation_id: str) -> str:
    """Mail an invitation's link; return a code of what hindered it, or "".

    It is sent twice rather than not at all, if the worker dies while sending.
    """
    identity, at, hindered = UUID(invitation_id), database_now(), ""
    invitation: Invitation | None = take(Invitation.objects.waiting(at), identity, until=at + LEASE)
    if invitation is None:  # sent, gone, or in another worker's hands
        return ""
    try:
        mail.send(lambda: _write(identity))
    except mail.TryAgain as error:
        invitation.let_go()
        log.info("invitation waits", object=invitation_id, error=str(error))
        return str(error)
    except (mail.GiveUp, mail.Unsure) as error:
        log.warning("invitation not delivered", object=invitation_id, error=str(error))
        hindered = str(error)
    if invitation.let_go(sent_at=at):
        _forget_token(identity, at)
    return hindered


def _write(identity: UUID) -> EmailMultiAlternatives:
    with as_mail_trouble():
        return _compose(Invitation.objects.live().select_related("customer").get(id=identity))


def _compose(invitation: Invitation) -> EmailMultiAlternatives:
    link = settings.PUBLIC_URL + reverse("customers:accept_invitation", args=[invitation.token])
    facts = {"link": link, "company": invitation.customer.company_name, "name": invitation.name}
    return letters.write(
        "customers/mail/invitation", facts, subject=_("Your invitation to Mina Sidor"),
        to=[invitation.email],
        language=language_of(invitation.email, otherwise=invitation.customer.language),
    )  # fmt: skip


def _forget_token(identity: UUID, at: datetime) -> None:
    """From now on only the token's hash remains; unless the invitation was renewed or withdrawn."""
    try:
        with transaction.atomic():
            ours = Invitation.objects.select_for_update().filter(id=identity, sent_at=at)
            invitation = ours.live().first()
            if invitation is not None:
                invitation.token = ""
                invitation.save(update_fields=ONLY_TOKEN)
    except Gone:
        log.info("invitation gone", object=str(identity))
    except VaultError as error:  # damaged, or the root key is away: it stays sealed as it is
        log.warning("token not forgotten", object=str(identity), error=type(error).__name__)


@shared_task(name="customers.send_waiting_invitations")
def send_waiting_invitations() -> int:
    """Send every invitation that has not gone out: a nudge was lost, or the mail server down.

    One that cannot be sent stops no other; a mail server, key or database that is away stops it.
    """
    waiting = Invitation.objects.waiting(database_now())
    end, tried = time.monotonic() + SWEEP_SECONDS, 0
    for identity in list(waiting.values_list("id", flat=True)[:500]):
        if time.monotonic() > end:
            break
        tried += 1
        try:
            if send_invitation(str(identity)) in mail.FOR_ALL:
                break
        except Exception:  # the others' turn all the same
            log.exception("invitation failed", object=str(identity))
    return tried


@shared_task(name="customers.forget_idempotency")
def forget_idempotency() -> int:
    """Remove Idempotency-Keys older than a day."""
    return forget()


@shared_task(name="customers.send_enquiry_notices")
def send_enquiry_notices() -> int:
    """Mail the operators the numbers of enquiries that they have not been told of."""
    try:
        return tell_operators(database_now())
    except (mail.TryAgain, mail.GiveUp, mail.Unsure) as error:
        log.error("operators not told of enquiries", error=str(error))
        return 0


@shared_task(name="customers.send_account_mail")
def send_account_mail(mail_id: str) -> str:
    """Send one mail about a person's sign-in."""
    return send_queued(UUID(mail_id), database_now())


@shared_task(name="customers.send_account_mails")
def send_account_mails() -> int:
    """Send every such mail that has not gone out; a mail server away stops it."""
    end, tried = time.monotonic() + SWEEP_SECONDS, 0
    waiting = AccountMail.objects.waiting(database_now()).values_list("id", flat=True)
    for identity in list(waiting[:500]):
        if time.monotonic() > end:
            break
        tried += 1
        try:
            if send_queued(identity, database_now()) in mail.FOR_ALL:
                break
        except Exception:  # the others' turn all the same
            log.exception("mail about a sign-in failed", object=str(identity))
    return tried
