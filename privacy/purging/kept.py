"""What is past its date and rightly still here: because of what, and since when.

A hold, or a restriction that says so, keeps rows. A customer's own row waits, too, for whatever of
its has no date yet (a restriction in force, an open request) or a later one. None of that is
overdue, which means that the purge failed; but nobody may forget it. What has no date for another
reason may never get one: it is named apart from what only has a later one.
"""

from collections.abc import Collection, Iterator
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Count, Min, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from customers.models import Customer, Hold, Restriction, TenantOwned
from privacy.models import Case
from privacy.purging.purge import shreddable


class Reason(StrEnum):
    RESTRICTION = "restriction"
    REQUEST = "request"
    HOLD = "hold"
    UNDATED = "undated"
    LATER = "later"

    @property
    def words(self) -> "str | Promise":
        return WORDS[self]


WORDS = {
    Reason.RESTRICTION: gettext_lazy("a restriction"),
    Reason.REQUEST: gettext_lazy("an open request"),
    Reason.HOLD: gettext_lazy("a hold"),
    Reason.UNDATED: gettext_lazy("records without a date"),
    Reason.LATER: gettext_lazy("records that must be kept longer"),
}


SPOKEN_FOR = (Hold, Restriction, Case)  # without a date while in force or open: a reason itself


class Kept(NamedTuple):
    """So many rows of one customer's are kept past their date. since: the oldest one's date.

    ended: whether the customer has left, so that nobody else looks after it.
    """

    number: int
    rows: int
    since: datetime
    reasons: list[Reason]
    ended: bool

    @property
    def ends_by_itself(self) -> bool:
        """Whether it only waits for a later date, so that nobody need do anything."""
        return self.reasons == [Reason.LATER]


def kept(at: datetime) -> list[Kept]:
    """Return, oldest first, each customer of which something due at `at` is rightly kept."""
    waiting = waiting_customers(at)
    reasons = _reasons(waiting)
    for owner in _undated(waiting, {*reasons}):
        reasons.setdefault(owner, set()).add(Reason.UNDATED)
    sums = _sums({*reasons, *waiting}, waiting, at)
    owners = Customer._base_manager.filter(id__among=list(sums)).defer("sealed")
    found = [
        Kept(
            each.number, *sums[each.id], sorted(reasons.get(each.id) or {Reason.LATER}),
            ended=each.contract_ended_at is not None and each.contract_ended_at <= at,
        )
        for each in owners
    ]  # fmt: skip
    return sorted(found, key=lambda line: (line.since, line.number))


def waiting_customers(at: datetime, among: Q | None = None) -> set[UUID]:
    """Return the customers whose own row is due, and waits for what is rightly here."""
    due = Customer._base_manager.filter(among or Q(), shred_job_id=None, due_at__lte=at)
    ids = list(due.values_list("id", flat=True))
    undated = Q(due_at=None) | Q(due_at__gt=at)
    waiting = set(due.filter(Customer.holding()).values_list("id", flat=True))
    for rows in _owned(ids) if ids else ():
        staying = rows.filter(undated | rows.model.holding()).order_by()
        waiting |= set(staying.values_list("customer_id", flat=True).distinct())
    return waiting


def _owned(customers: Collection[UUID]) -> "Iterator[QuerySet[Any]]":
    """Yield each model's rows of these customers that nobody has begun to destroy."""
    for model, _ in shreddable():
        if issubclass(model, TenantOwned):
            yield model._base_manager.filter(customer__id__among=list(customers), shred_job_id=None)


def _reasons(waiting: set[UUID]) -> dict[UUID, set[Reason]]:
    """Return what may keep rows, by customer; for a waiting customer also what keeps its own row.

    Whether it does keep any that is due, the sums say.
    """
    found: dict[UUID, set[Reason]] = {}
    mine = Q(customer__id__among=list(waiting))
    for rows, reason in (
        (Hold.objects.filter(kind=Hold.Kind.LEGAL).in_force(), Reason.HOLD),
        (Hold.objects.filter(kind=Hold.Kind.CASE).in_force(), Reason.REQUEST),
        (Restriction.objects.filter(Q(keeps=True) | mine).in_force(), Reason.RESTRICTION),
        (Case.objects.filter(mine, closed_at=None).stored(), Reason.REQUEST),
    ):
        for owner in rows.order_by().values_list("customer_id", flat=True).distinct():
            found.setdefault(owner, set()).add(reason)
    return found


def _undated(waiting: set[UUID], explained: set[UUID]) -> set[UUID]:
    """Return the waiting customers of which something has no date that no reason tells of.

    explained: those that have a reason already.
    """
    found: set[UUID] = set()
    for rows in _owned(waiting) if waiting else ():
        undated = rows.filter(due_at=None).order_by().values_list("customer_id", flat=True)
        found |= set(undated.distinct()) - (explained if rows.model in SPOKEN_FOR else set())
    return found


def _sums(
    customers: Collection[UUID], waiting: set[UUID], at: datetime
) -> dict[UUID, tuple[int, datetime]]:
    """Return how many rows of each customer's are kept, and the oldest date of theirs."""
    found: dict[UUID, tuple[int, datetime]] = {}
    own = Customer._base_manager.filter(id__among=list(waiting), due_at__lte=at)
    for owner, since in own.values_list("id", "due_at"):
        if since is not None:
            found[owner] = (1, since)
    for rows in _owned(customers):
        held = rows.filter(rows.model.holding(), due_at__lte=at).order_by()
        sums = held.values("customer_id").annotate(count=Count("pk"), since=Min("due_at"))
        for owner, count, since in sums.values_list("customer_id", "count", "since"):
            before = found.get(owner, (0, since))
            found[owner] = (before[0] + count, min(before[1], since))
    return found
