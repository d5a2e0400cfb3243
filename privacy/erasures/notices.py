"""Mail that an account's erasure was asked for or taken back: to all who answer for the account.

Whoever has got hold of one administrator's sign-in must not destroy the account unseen. The mails
are rows, written in the transaction that takes the erasure in, each with the address it goes to: an
erasure that begins at once neither waits for the mail server nor takes the mails along.
"""

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from customers.models import Customer, Member, Role
from customers.models.cover import leaving
from customers.readers import language_of
from privacy.models import Erasure, ErasureNotice, ErasureState, NoticeKind
from smartsvar import letters, mail
from smartsvar.audit.actors import SYSTEM
from smartsvar.audit.trail import record
from smartsvar.clock import STOCKHOLM
from smartsvar.jobs import enqueue
from smartsvar.unreadable import as_mail_trouble, noticed
from smartsvar.vault.errors import Unreadable

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=10)  # longer than any mail server is waited for


def announce(erasure: Erasure, kind: NoticeKind, customer: Customer, *, at: datetime) -> None:
    """Queue a mail to each of the account's people, in the caller's transaction.

    What does not open (the account's own address, a damaged key) is alarmed and bars no erasure
    from being asked for or taken back. Raises RootUnreachable, WrongRoot.
    """
    try:
        notices = [_notice(erasure, kind, customer, to, at) for to in _addresses(customer)]
        ErasureNotice.objects.bulk_create(notices)
    except Unreadable as error:
        noticed(error)
        return
    for notice in notices:
        enqueue("privacy.tell_erasure", notice.id)


def _notice(
    erasure: Erasure, kind: NoticeKind, customer: Customer, address: str, at: datetime
) -> ErasureNotice:
    notice = ErasureNotice(
        customer_id=customer.id, erasure_id=erasure.id, kind=kind, created_at=at,
        asked_at=erasure.asked_at, starts_at=erasure.starts_at,
    )  # fmt: skip
    notice.address, notice.number = address, customer.number
    notice.language = language_of(address, otherwise=customer.language)
    notice.due_at = notice.derive_due()  # bulk_create goes past save()
    return notice


def _addresses(customer: Customer) -> list[str]:
    """Return every administrator's address and the account's own, each once.

    Restricted administrators too, for a suspended customer has no others: a warning protects them
    (article 18(2)). Not who was removed, and is restricted only because a hold keeps the row.
    """
    found: dict[str, str] = {}
    for address in (*_of_administrators(customer), _own(customer)):
        if address:
            found.setdefault(address.casefold(), address)
    return list(found.values())


def _of_administrators(customer: Customer) -> Iterator[str]:
    rows = Member.objects.filter(customer=customer, role=Role.ADMINISTRATOR).timely()
    able = rows.filter(user__is_active=True).exclude(id__in=leaving(customer.id))
    yield from able.order_by("joined_at", "id").values_list("user__email", flat=True)


def _own(customer: Customer) -> str:
    try:
        return str(customer.email)
    except Unreadable as error:
        noticed(error, customer.place)
        return ""


def tell(identity: UUID, at: datetime) -> str:
    """Send one mail; return a code of what hindered it, or "".

    A mail is sent twice rather than not at all, if the worker dies while sending.
    """
    mine = ErasureNotice.objects.filter(id=identity, settled_at=None, telling_until=at + LEASE)
    if (
        not ErasureNotice.objects.waiting(at)
        .order_by()
        .filter(id=identity)
        .update(telling_until=at + LEASE)
    ):
        return ""
    try:
        mail.send(lambda: _write(identity))
    except mail.TryAgain as error:
        mine.update(telling_until=None)
        log.info("notice waits", object=str(identity), error=str(error))
        return str(error)
    except (mail.GiveUp, mail.Unsure) as error:
        log.warning("notice not delivered", object=str(identity), error=str(error))
        _settle(identity, at)
        return str(error)
    _settle(identity, at, told=True)
    return ""


def _settle(identity: UUID, at: datetime, *, told: bool = False) -> None:
    """Note that the mail is dealt with; the address leaves the row."""
    with transaction.atomic():
        rows = ErasureNotice.objects.select_for_update().stored()
        notice = rows.filter(id=identity, settled_at=None).first()
        if notice is None:
            return
        notice.settled_at, notice.telling_until = at, None
        with suppress(Unreadable):  # reported when it was to be written
            notice.address = ""
        notice.save()
        if told:
            thing = Erasure(id=notice.erasure_id)
            record("erasure.told", thing, by=SYSTEM, customer_id=notice.customer_id, at=at)


def _write(identity: UUID) -> EmailMultiAlternatives:
    with as_mail_trouble():
        notice = ErasureNotice.objects.stored().get(id=identity)
        erasures = Erasure.objects.filter(id=notice.erasure_id)
        taken_back = erasures.filter(state=ErasureState.CANCELLED).exists()
        if notice.kind == NoticeKind.ASKED and taken_back:
            raise mail.GiveUp("taken_back")  # the next mail says that, and when it was asked for
        return _compose(notice)


def _compose(notice: ErasureNotice) -> EmailMultiAlternatives:
    page = reverse("privacy:erasure", args=[notice.number, notice.erasure_id])
    facts = {
        "kind": notice.kind,
        "number": notice.number,
        "asked_at": notice.asked_at.astimezone(STOCKHOLM),
        "starts_at": notice.starts_at.astimezone(STOCKHOLM),
        "waits": notice.starts_at > notice.asked_at,
        "link": settings.PUBLIC_URL + page,
        "contact": settings.PRIVACY_EMAIL,
    }
    return letters.write(
        "privacy/mail/account_erasure", facts, subject=_("About the erasure of account %(number)d"),
        to=[notice.address], language=notice.language,
    )  # fmt: skip
