"""Changes announced, told to every customer once, objected to and answered (article 28(2))."""

from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction

from customers.models import Customer, Member
from smartsvar.audit.actors import Acting
from smartsvar.audit.trail import record
from smartsvar.clock import STOCKHOLM
from smartsvar.jobs import enqueue
from subprocessors.models import Engagement, Notice, Objection, Told

BATCH = 1000
ANSWER = ("outcome", "answer", "handled_at")


class TooSoon(Exception):
    """It would take effect before customers' time to object is over; args: the earliest day."""


class TooLate(Exception):
    """The time to object is over."""


class AlreadyObjected(Exception):
    """The customer has objected to this notice."""


class AlreadyHandled(Exception):
    """The objection has been answered."""


def today(at: datetime) -> date:
    """Return the day in Sweden, by which the time to object is counted."""
    return at.astimezone(STOCKHOLM).date()


def last_day(at: datetime) -> date:
    """Return the last day on which customers may object to what is announced at `at`."""
    return today(at) + timedelta(days=settings.OBJECTION_DAYS)


def earliest_day(at: datetime) -> date:
    """Return the first day on which what is announced at `at` may take effect."""
    return last_day(at) + timedelta(days=1)


def announce(
    engagement: Engagement, kind: Notice.Kind, takes_effect_on: date, *, by: Acting, at: datetime
) -> Notice:
    """Announce a change and queue a mail to every customer there is, in one transaction.

    Customers have OBJECTION_DAYS whole days; nothing begins or changes before. Raises TooSoon.
    """
    if kind is not Notice.Kind.END and takes_effect_on < earliest_day(at):
        raise TooSoon(earliest_day(at))
    with transaction.atomic():
        notice = Notice.objects.create(
            engagement=engagement, kind=kind, announced_at=at, objections_until=last_day(at),
            takes_effect_on=takes_effect_on,
        )  # fmt: skip
        customers = Customer.objects.timely().values_list("id", flat=True)
        rows = [Told(notice=notice, customer_id=each, next_attempt_at=at) for each in customers]
        Told.objects.bulk_create(rows, batch_size=BATCH)
        _begin_then(engagement, takes_effect_on)
        record("notice.announced", notice, by=by, customer_id=None, at=at)
        enqueue("subprocessors.tell_customers")
    return notice


def _begin_then(engagement: Engagement, day: date) -> None:
    """Let what waits for its notice begin on the announced day, if it was to begin before."""
    waiting = Engagement.objects.exclude(Engagement.objects.noticed())
    waiting.filter(id=engagement.id, needs_notice=True, starts_on__lt=day).update(starts_on=day)


def notices_for(customer: Customer) -> list[Notice]:
    """Return the notices, newest first, each with this customer's `objection` or None."""
    notices: list[Any] = list(Notice.objects.newest_first())
    mine = {each.notice_id: each for each in Objection.objects.timely().filter(customer=customer)}
    for notice in notices:
        notice.objection = mine.get(notice.id)
    return notices


def object_to(notice: Notice, customer: Customer, reason: str, *, by: Member, at: datetime) -> None:
    """Take in a customer's objection. Raises TooLate, AlreadyObjected."""
    if today(at) > notice.objections_until:
        raise TooLate
    objection = Objection(customer=customer, notice=notice, made_by=by.id, made_at=at)
    objection.reason = reason
    try:
        with transaction.atomic():
            objection.save(force_insert=True)
            record("objection.made", objection, by=by, customer_id=customer.id, at=at)
    except IntegrityError as error:
        raise AlreadyObjected from error


def answer(objection: Objection, outcome: str, text: str, *, by: Acting, at: datetime) -> None:
    """Answer an objection, once; the customer reads it on its page. Raises AlreadyHandled."""
    with transaction.atomic():
        still = Objection.objects.select_for_update().filter(id=objection.id, handled_at=None)
        if not still.values_list("pk"):
            raise AlreadyHandled
        objection.outcome, objection.answer, objection.handled_at = outcome, text, at
        objection.save(update_fields=ANSWER)
        record("objection.answered", objection, by=by, customer_id=objection.customer_id, at=at)
