"""Mail about requests, without a word of what they are about: to who asks, and to our operators."""

from datetime import date, datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from customers.models import Member
from customers.readers import language_of, write_to
from privacy.cases.clock import days_left
from privacy.cases.steps import day_of
from privacy.models import Case, Telling, Watch
from privacy.purging.alarm import ONLY
from privacy.purging.kept import Kept, kept
from smartsvar import letters, mail
from smartsvar.audit.actors import SYSTEM
from smartsvar.audit.trail import record
from smartsvar.leases import free
from smartsvar.unreadable import as_mail_trouble
from subprocessors.notices import unanswered

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=10)  # longer than any mail server is waited for
OPERATORS_READ = "sv"  # those who have no sign-in that says otherwise
LONG = timedelta(days=30)  # after which data that is kept past its date is told of
SOON = {7, 3, 1, 0}  # days left on which the operators are reminded; afterwards every day


def tell(identity: UUID, at: datetime) -> str:
    """Mail who asked that there is news; return a code of what hindered it, or "".

    An extension counts only if the person is told of it (article 12(3)): so a mail is sent twice
    rather than not at all, if the worker dies while sending.
    """
    ours = waiting(at).filter(id=identity)
    what = ours.values_list("to_tell", flat=True).first()
    if what is None or not ours.update(telling_until=at + LEASE):
        return ""
    try:
        mail.send(lambda: _write(identity, what))
    except mail.TryAgain as error:
        Case.objects.filter(id=identity, telling_until=at + LEASE).update(telling_until=None)
        log.info("request's mail waits", object=str(identity), error=str(error))
        return str(error)
    except (mail.GiveUp, mail.Unsure) as error:
        log.warning("request's mail not delivered", object=str(identity), error=str(error))
        _settle(identity, what, Telling.FAILED, at)
        return str(error)
    _settle(identity, what, "", at)
    return ""


def waiting(at: datetime) -> "QuerySet[Case]":
    """Return the cases whose asker is to be told something, and that no worker is at."""
    news, idle = [Telling.EXTENDED, Telling.DECIDED], free(at, "telling_until")
    rows = Case.objects.filter(idle, to_tell__in=news).stored()
    found: QuerySet[Case] = rows.order_by("answer_by", "id")
    return found


def _settle(identity: UUID, what: str, outcome: str, at: datetime) -> None:
    """Note the outcome, unless there is newer news to tell: that is told next."""
    with transaction.atomic():
        case = Case.objects.select_for_update().filter(id=identity).stored().first()
        if case is None:
            return
        Case.objects.filter(id=identity, to_tell=what).update(to_tell=outcome)
        # A lease's end is all the fence it needs: a mail may come twice, and this ends no other's.
        Case.objects.filter(id=identity, telling_until=at + LEASE).update(telling_until=None)
        if not outcome:
            record("case.told", case, by=SYSTEM, customer_id=case.customer_id, at=at)


def _write(identity: UUID, what: str) -> EmailMultiAlternatives:
    with as_mail_trouble():
        case = Case.objects.stored().select_related("customer").get(id=identity)
        return _compose(case, what)


def _compose(case: Case, what: str) -> EmailMultiAlternatives:
    address, link = _recipient(case)
    if not address:
        raise mail.GiveUp("no_address")  # support sends the letter by post
    facts = {"number": case.number, "answer_by": case.answer_by, "link": link, "what": what}
    return letters.write(
        "privacy/mail/case", facts, subject=_("Your request %(number)d"), to=[address],
        language=language_of(address, otherwise=case.customer.language),
    )  # fmt: skip


def _recipient(case: Case) -> tuple[str, str]:
    """Return the address and the portal's page; no page for somebody who does not sign in."""
    if case.opened_by_kind == "member" and case.opened_by:
        asked = Member.objects.filter(
            id=case.opened_by, customer=case.customer_id, restricted=False
        )
        member = asked.timely().select_related("user").first()
        if member is not None:
            page = reverse("privacy:case", args=[case.customer.number, case.id])
            return member.user.email, settings.PUBLIC_URL + page
    return (case.contact if "@" in case.contact else ""), ""


def remind(at: datetime) -> int:
    """Mail the operators which requests run out, and what else waits for somebody of ours.

    That is data kept long past its date, and customers' objections without an answer. At most once
    a day, and by number only; return how many it names. Raises mail.TryAgain when the mail could
    not be sent: the next run sends it.
    """
    today = day_of(at)
    running = Case.objects.filter(closed_at=None).stored().exclude(reminded_on=today)
    pressing = [case for case in running.defer("sealed") if _presses(case, today)]
    told = Watch.objects.get_or_create(pk=ONLY, defaults={"since": at})[0].kept_told_on == today
    forgotten = [] if told else _forgotten(at)
    objections = 0 if told else unanswered().count()
    if not (pressing or forgotten or objections) or not settings.OPERATORS_EMAIL:
        return 0
    pressing.sort(key=lambda case: case.answer_by)
    ids = [case.id for case in pressing]
    mail.send(lambda: _reminder(pressing, forgotten, objections, today))
    # After the mail: whoever dies between the two lets it be sent twice rather than never.
    Case.objects.filter(id__in=ids).update(reminded_on=today)
    if forgotten or objections:
        Watch.objects.filter(pk=ONLY).update(kept_told_on=today)
    return len(pressing) + len(forgotten) + objections


def _presses(case: Case, today: date) -> bool:
    left = days_left(case.answer_by, today)
    return left < 0 or left in SOON or (case.reminded_on is None and left < max(SOON))


def _forgotten(at: datetime) -> list[Kept]:
    """Return who has left, and has had data kept for long that somebody should look after."""
    old = (line for line in kept(at) if line.since < at - LONG)
    return [line for line in old if line.ended and not line.ends_by_itself]


def _reminder(
    pressing: list[Case], forgotten: list[Kept], objections: int, today: date
) -> list[EmailMultiAlternatives]:
    answers = reverse("admin:subprocessors_objection_changelist") + "?answer=no"
    facts = {
        "objections": objections,
        "answers": settings.PUBLIC_URL + answers,
        "forgotten": forgotten,
        "purges": settings.PUBLIC_URL + reverse("admin:privacy_purgerun_changelist"),
        "cases": [(case, days_left(case.answer_by, today)) for case in pressing],
        "link": settings.PUBLIC_URL + reverse("admin:privacy_case_changelist"),
    }
    subject = _("Kept past its date") if forgotten else _("Objections to answer")
    subject = _("Requests that run out") if pressing else subject
    return write_to(
        settings.OPERATORS_EMAIL, "privacy/mail/case_reminder", facts, subject=subject,
        otherwise=OPERATORS_READ,
    )  # fmt: skip
