"""Changes announced, told to every customer once, objected to and answered (article 28(2))."""

from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import DateField, Exists, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Greatest

from customers.models import Customer, Member
from customers.papers import forget
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

    Customers have OBJECTION_DAYS whole days; nothing begins or changes before, nor has an end been
    before it is announced. From then on it ends that day. Announced twice by two presses, it is
    announced once. Raises TooSoon.
    """
    first = today(at) if kind is Notice.Kind.END else earliest_day(at)
    if takes_effect_on < first:
        raise TooSoon(first)
    with transaction.atomic():
        Engagement.objects.select_for_update(no_key=True).get(id=engagement.id)
        made: Notice | None = Notice.objects.same(engagement, kind, takes_effect_on).first()
        if made is not None:
            return made
        notice = Notice.objects.create(
            engagement=engagement, kind=kind, announced_at=at, objections_until=last_day(at),
            takes_effect_on=takes_effect_on,
        )  # fmt: skip
        customers = Customer.objects.timely().values_list("id", flat=True)
        rows = [Told(notice=notice, customer_id=each, next_attempt_at=at) for each in customers]
        Told.objects.bulk_create(rows, batch_size=BATCH)
        if kind is Notice.Kind.END:
            _end_then(engagement, takes_effect_on)
        else:
            _begin_then(engagement, takes_effect_on)
        record("notice.announced", notice, by=by, customer_id=None, at=at)
        enqueue("subprocessors.tell_customers")
    return notice


def _begin_then(engagement: Engagement, day: date) -> None:
    """Let what waits for its notice begin on the announced day, if it was to begin before."""
    waiting = Engagement.objects.exclude(Engagement.objects.noticed())
    waiting.filter(id=engagement.id, needs_notice=True, starts_on__lt=day).update(starts_on=day)


def _end_then(engagement: Engagement, day: date) -> None:
    """Let it end on the announced day, unless it does before; never before it begins."""
    rows = Engagement.objects.filter(id=engagement.id)
    longer = rows.filter(Q(ends_on=None) | Q(ends_on__gt=day))
    longer.update(ends_on=Greatest(F("starts_on"), Value(day, output_field=DateField())))


def notices_for(customer: Customer, at: datetime) -> list[Notice]:
    """Return the notices, newest first.

    Each with this customer's `objection` or None, and until when it may object: `until`.
    """
    notices: list[Any] = list(Notice.objects.newest_first())
    mine = {each.notice_id: each for each in Objection.objects.timely().filter(customer=customer)}
    told = {each.notice_id: each for each in Told.objects.filter(customer=customer)}
    for notice in notices:
        notice.objection = mine.get(notice.id)
        notice.until = _until(notice, told.get(notice.id), at)
    return notices


def object_until(customer: Customer, at: datetime) -> date | None:
    """Return the nearest last day on which the customer may still object to something; one query.

    What it has objected to, and what merely ends, waits for nothing.
    """
    this = {"notice": OuterRef("pk"), "customer": customer}
    told = Told.objects.filter(**this)
    objected = Exists(Objection.objects.timely().filter(**this))
    rows: Any = Notice.objects.beginning().exclude(objected)
    rows = rows.annotate(state=Subquery(told.values("state")[:1]))
    rows = rows.annotate(settled_at=Subquery(told.values("settled_at")[:1]))
    found = rows.values_list("objections_until", "state", "settled_at")
    days = [_lengthened(first, state, settled, at) for first, state, settled in found]
    return min((day for day in days if day >= today(at)), default=None)


def objections_until(notice: Notice, customer: Customer, at: datetime) -> date:
    """Return the last day on which this customer may object, as things stand at `at`."""
    return _until(notice, Told.objects.filter(notice=notice, customer=customer).first(), at)


def _until(notice: Notice, told: Told | None, at: datetime) -> date:
    if told is None:
        return notice.objections_until
    return _lengthened(notice.objections_until, told.state, told.settled_at, at)


def _lengthened(first: date, state: str | None, settled: datetime | None, at: datetime) -> date:
    """Whoever is told later, as its processing was restricted, has as many days from then.

    A mail that waits is sent at `at` at the earliest. Of what may never have arrived nobody knows
    when it was read: the customer's page has shown it from the first day.
    """
    if state in {None, Told.State.FAILED, Told.State.UNKNOWN}:
        return first
    return max(first, last_day(settled or at))


def require_open(notice: Notice, customer: Customer, at: datetime) -> None:
    """Pass if this customer may object to the change now. Raises TooLate, AlreadyObjected."""
    if notice.kind == Notice.Kind.END or today(at) > objections_until(notice, customer, at):
        raise TooLate
    if Objection._base_manager.filter(notice=notice, customer=customer).exists():
        raise AlreadyObjected


def object_to(notice: Notice, customer: Customer, reason: str, *, by: Member, at: datetime) -> None:
    """Take in a customer's objection. Raises TooLate, AlreadyObjected.

    Of what merely ends there is nothing to object to.
    """
    require_open(notice, customer, at)
    objection = Objection(customer=customer, notice=notice, made_by=by.id, made_at=at)
    objection.reason = reason
    try:
        with transaction.atomic():
            objection.save(force_insert=True)
            record("objection.made", objection, by=by, customer_id=customer.id, at=at)
    except IntegrityError as error:
        raise AlreadyObjected from error
    forget(customer.id)


def unanswered() -> QuerySet[Objection]:
    """Return the objections that wait for our answer."""
    found: QuerySet[Objection] = Objection.objects.timely().filter(handled_at=None)
    return found


def answer(objection: Objection, outcome: str, text: str, *, by: Acting, at: datetime) -> None:
    """Answer an objection, once; the customer reads it on its page. Raises AlreadyHandled."""
    with transaction.atomic():
        still = Objection.objects.select_for_update().filter(id=objection.id, handled_at=None)
        if not still.values_list("pk"):
            raise AlreadyHandled
        objection.outcome, objection.answer, objection.handled_at = outcome, text, at
        objection.save(update_fields=ANSWER)
        record("objection.answered", objection, by=by, customer_id=objection.customer_id, at=at)
