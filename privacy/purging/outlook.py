"""What falls due next, what is overdue, and when a purge last came to its end."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Count, F, Min, Model, Q, QuerySet

from customers.models import Customer
from privacy.models import PurgeRun
from privacy.purging.derivations import pending
from privacy.purging.kept import waiting_customers
from privacy.purging.purge import due_rows, shreddable
from smartsvar.personal_data import Erase, declared
from smartsvar.shredding.claims import taken_out
from smartsvar.shredding.models import Shreddable, ShredJob

ON_TIME = timedelta(minutes=15)  # the purge runs every other minute; later than this is overdue
DAY, WEEK, MONTH = timedelta(days=1), timedelta(days=7), timedelta(days=30)


class Coming(NamedTuple):
    """How many rows of a model fall due within a day, a week and thirty days, and the first."""

    name: str
    day: int
    week: int
    month: int
    first: datetime | None


class Outlook(NamedTuple):
    """What a page says of the purge. under_way: rows being destroyed; overdue: due for too long.

    deriving: whose dates still follow an older declaration, so that the other figures may be short.
    """

    coming: list[Coming]
    under_way: int
    overdue: int
    last_run: datetime | None
    deriving: list[str]


def outlook(at: datetime, customer: Customer | None = None) -> Outlook:
    """Return how it stands at `at`, for one customer's rows or for all.

    A customer's restricted rows are not counted in what is coming (article 18: nothing but
    storage); whatever is overdue is counted, restricted or not. What is rightly kept past its date
    (privacy/purging/kept.py) is not overdue.
    """
    late = ShredJob.objects.filter(created_at__lt=at - ON_TIME)
    coming: list[Coming] = []
    behind, deriving = pending(), []
    under_way, overdue = _taken_out(ShredJob.objects.all(), customer), _taken_out(late, customer)
    for model, rows in _tables(customer):
        under_way += rows.filter(shred_job_id__isnull=False).count()
        overdue += rows.filter(shred_job_id__in=late.values("id")).count()
        overdue += _late(model, rows, at).count()
        coming.append(_coming(model, rows, at, customer))
        if model._meta.label in behind and rows.exists():
            deriving.append(_name(model))
    if customer is None:
        overdue += _unsealed_overdue(at - ON_TIME)
    shown = [each for each in coming if each.first is not None]
    return Outlook(shown, under_way, overdue, PurgeRun.last_complete(), deriving)


def _taken_out(jobs: "QuerySet[ShredJob]", customer: Customer | None) -> int:
    """Count what these jobs have taken out of the database and not destroyed yet."""
    rows = (row for job in jobs.exclude(doomed=b"") for row in taken_out(job))
    return sum(customer is None or row.customer_id == customer.id for row in rows)


def _tables(customer: Customer | None) -> Iterator[tuple[type[Shreddable], "QuerySet[Any]"]]:
    for model, _ in shreddable():
        rows = model._base_manager.order_by()
        names = {field.name for field in model._meta.concrete_fields}
        if customer is None:
            yield model, rows
        elif model is Customer or "customer" in names:
            owner = "id" if model is Customer else "customer_id"
            yield model, rows.filter(**{owner: customer.id})


def _free(model: type[Shreddable], rows: "QuerySet[Any]") -> "QuerySet[Any]":
    """Rows that nobody claims or holds; `held` by itself, too, for the index is made of those."""
    return rows.filter(shred_job_id=None, held=False).exclude(model.holding())


def _late(model: type[Shreddable], rows: "QuerySet[Any]", at: datetime) -> "QuerySet[Any]":
    """Rows that the purge should have destroyed by now; a customer that must wait is not."""
    late = _free(model, rows).filter(due_at__lte=at - ON_TIME)
    if model is not Customer:
        return late
    mine = Q(id__among=list(late.values_list("id", flat=True)))
    return late.exclude(id__among=list(waiting_customers(at, mine)))


def _coming(
    model: type[Shreddable], rows: "QuerySet[Any]", at: datetime, customer: Customer | None
) -> Coming:
    ahead = _free(model, rows).filter(due_at__gt=at)
    if customer is not None:
        ahead = ahead.filter(restricted=False)
    within = {
        name: Count("pk", filter=Q(due_at__lte=at + span))
        for name, span in (("day", DAY), ("week", WEEK), ("month", MONTH))
    }
    sums = ahead.filter(due_at__lte=at + MONTH).aggregate(**within)
    first = ahead.aggregate(first=Min(F("due_at")))["first"]
    return Coming(_name(model), first=first, **sums)


def _unsealed_overdue(before: datetime) -> int:
    """Count the rows of unsealed tables (sessions, the trail) that should have gone by then."""
    return sum(
        len(due_rows(model, said.keep, before))
        for model, said in declared()
        if said.erase in {Erase.DELETE, Erase.PRUNE}
    )


def _name(model: type[Model]) -> str:
    return str(model._meta.verbose_name_plural)
