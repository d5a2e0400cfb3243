"""Mail about a person's own sign-in: written as it happens, sent by a worker.

A mail server that hangs or is away holds up nobody who signs in, and an address that nobody has
takes no shorter time than one that somebody has: a row is written for it too, without a word or an
address in it, and nothing is sent. Otherwise anybody could have us write to strangers.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.utils import translation

from customers.models import AccountMail, User
from smartsvar import letters, mail
from smartsvar.jobs import enqueue
from smartsvar.unreadable import LATER, as_mail_trouble
from smartsvar.vault.errors import Unreadable

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=10)  # longer than any mail server is waited for


@dataclass(frozen=True, kw_only=True)
class Letter:
    """What one mail says, and to whom; `person` is None where nobody has the address."""

    address: str
    subject: str
    text: str
    language: str
    person: User | None


def queue_mail(written: Letter, *, at: datetime) -> AccountMail:
    """Let a worker send it. Raises RootUnreachable, WrongRoot where it cannot be sealed."""
    person = written.person
    row = AccountMail(
        user_id=person.pk if person else None, created_at=at, language=written.language
    )
    row.address, row.subject, row.text = written.address, written.subject, written.text
    with transaction.atomic():
        row.save(force_insert=True)
        enqueue("customers.send_account_mail", row.pk)
    return row


def send_queued(identity: UUID, at: datetime) -> str:
    """Send one mail if it waits; return a code of what hindered it, or "".

    It is sent twice rather than not at all, if the worker dies while sending.
    """
    mine = AccountMail.objects.filter(id=identity, sent_at=None, sending_until=at + LEASE)
    waiting = AccountMail.objects.waiting(at).order_by().filter(id=identity)
    if not waiting.update(sending_until=at + LEASE):
        return ""
    code = ""
    try:
        mail.send(lambda: _write(identity))
    except mail.TryAgain as error:
        mine.update(sending_until=None)
        log.info("mail about a sign-in waits", object=str(identity), error=str(error))
        return str(error)
    except (mail.GiveUp, mail.Unsure) as error:
        code = str(error)
        log.warning("mail about a sign-in not delivered", object=str(identity), error=code)
    _settle(identity, at)
    return code


def _write(identity: UUID) -> EmailMultiAlternatives:
    with as_mail_trouble():
        row = AccountMail.objects.stored().get(id=identity)
        person = row.user_id
        if person is None or not User.objects.filter(pk=person, is_active=True).exists():
            raise mail.GiveUp("nobody_to_tell")  # a link would let nobody in
        with translation.override(row.language):
            return letters.letter(row.subject, row.text, to=[row.address])


def _settle(identity: UUID, at: datetime) -> None:
    """Note that it is dealt with; address and words leave the row."""
    mine = AccountMail.objects.filter(id=identity, sending_until=at + LEASE)
    if not mine.update(sent_at=at, sending_until=None):
        return
    try:
        with transaction.atomic():
            row = AccountMail.objects.select_for_update().stored().filter(id=identity).first()
            if row is not None:
                row.address, row.subject, row.text = "", "", ""
                row.save()
    except (*LATER, Unreadable) as error:  # it is sent, and goes with the row within its time
        log.warning("mail's words not emptied", object=str(identity), error=type(error).__name__)
