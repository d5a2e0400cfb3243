"""Mail about signing: the code to whoever signs, and to all administrators that it was signed."""

from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from customers.models import Customer, Member
from customers.readers import administrators_of, language_of, note_told, write_each
from privacy.models import SignedAgreement, Signing
from smartsvar import letters, mail
from smartsvar.clock import STOCKHOLM, database_now
from smartsvar.unreadable import as_mail_trouble

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=2)  # a code is of use for a quarter of an hour
OF_SEVERAL = timedelta(minutes=30)  # a lease for the mails to all administrators
GIVE_UP_AFTER = timedelta(days=7)


def tell_waiting() -> int:
    """Send every code and notice that waits; return how many were handled.

    A mail is sent twice rather than not at all, if the worker dies while sending.
    """
    at, handled = database_now(), 0
    for identity in list(Signing.objects.unsent(at).values_list("id", flat=True)):
        handled += send_code(identity, at)
    for identity in list(SignedAgreement.objects.untold(at).values_list("id", flat=True)):
        handled += tell_of(identity, at)
    return handled


def send_code(identity: UUID, at: datetime) -> bool:
    """Mail a code; return whether it is dealt with. The code then leaves the row."""
    waiting = Signing.objects.unsent(at).order_by().filter(id=identity)
    if not waiting.update(sending_until=at + LEASE):
        return False
    try:
        mail.send(lambda: _write_code(identity))
    except mail.TryAgain as error:
        Signing.objects.filter(id=identity).update(sending_until=None)
        log.info("code waits", object=str(identity), error=str(error))
        return False
    except (mail.GiveUp, mail.Unsure) as error:
        log.warning("code not delivered", object=str(identity), error=str(error))
    with transaction.atomic():
        signing = Signing.objects.select_for_update(of=("self",)).filter(id=identity).first()
        if signing is not None and signing.sending_until == at + LEASE:
            signing.sent_at, signing.sending_until, signing.code = at, None, ""
            signing.save()
    return True


def _write_code(identity: UUID) -> EmailMultiAlternatives:
    with as_mail_trouble():
        signing = Signing.objects.select_related("customer").get(id=identity)
        member = Member.objects.filter(id=signing.member_id).timely().select_related("user").first()
        if member is None or not signing.code:
            raise mail.GiveUp("nobody_to_tell")
        until = signing.expires_at.astimezone(STOCKHOLM) if signing.expires_at else None
        facts = {"code": signing.code, "until": until, "number": signing.customer.number}
        return letters.write(
            "privacy/mail/agreement_code", facts, subject=_("Your code to sign with"),
            to=[member.user.email],
            language=language_of(member.user.email, otherwise=signing.language),
        )  # fmt: skip


def tell_of(identity: UUID, at: datetime) -> bool:
    """Mail all administrators that the agreement was signed; return whether it is dealt with.

    Each alone: whose mail server says "later" is tried again, and the others are not told twice.
    """
    waiting = SignedAgreement.objects.untold(at).filter(id=identity)
    if not waiting.update(telling_until=at + OF_SEVERAL):
        return False
    mine = SignedAgreement.objects.filter(id=identity)
    try:
        mail.send_each(lambda: _write_notice(identity), partial(note_told, mine))
    except mail.TryAgain as error:
        log.info("notice waits", object=str(identity), error=str(error))
        if mine.filter(signed_at__gt=at - GIVE_UP_AFTER).update(telling_until=None):
            return False
    except mail.GiveUp as error:
        log.warning("notice not delivered", object=str(identity), error=str(error))
    mine.update(told_at=at, telling_until=None, told_to=[])
    return True


def _write_notice(identity: UUID) -> dict[UUID, EmailMultiAlternatives]:
    """To everybody not told yet, restricted ones too: who has taken over a sign-in signs unseen."""
    with as_mail_trouble():
        signed = SignedAgreement.objects.defer("sealed").get(id=identity)
        customer = Customer.objects.timely().filter(id=signed.customer_id).first()
        readers = administrators_of(signed.customer_id, besides=signed.told_to)
        if customer is None or not readers:
            raise mail.GiveUp("nobody_to_tell")
        page = reverse("privacy:agreement", args=[customer.number])
        when = signed.signed_at.astimezone(STOCKHOLM)
        facts = {"number": customer.number, "when": when, "link": settings.PUBLIC_URL + page}
        return write_each(
            readers, "privacy/mail/agreement_signed", facts,
            subject=_("The data processing agreement is signed"), otherwise=customer.language,
        )  # fmt: skip
