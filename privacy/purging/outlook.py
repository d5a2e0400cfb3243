"""What falls due next, what is overdue, and when a purge last came to its end."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db.models import Count, DateTimeField, Min, Model, Q, QuerySet, Value
from django.db.models.functions import Cast

from customers.models import Customer
from privacy.models import PurgeRun
from privacy.purging.derivations import pending
from privacy.purging.kept import waiting_customers
from privacy.purging.purge import due_rows, shreddable
from smartsvar.personal_data import Erase, declared
from smartsvar.shredding.claims import taken_out
from smartsvar.shredding.followers import keeping
from smartsvar.shredding.models import Shreddable, ShredJob

ON_TIME = timedelta(minutes=15)  # the purge runs every other minute; later than this is overdue
DAY, WEEK, MONTH = timedelta(days=1), timedelta(days=7), timedelta(days=30)
COUNTS = ("claimed", "late", "day", "week", "month")
Table = tuple[type[Shreddable], "QuerySet[Any]"]


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
    jobs = list(ShredJob.objects.exclude(doomed=b""))
    tables, behind = list(_tables(customer)), pending()
    counted = _counted(tables, at, customer)
    under_way = _taken_out(jobs, customer) + sum(each["claimed"] for each in counted)
    overdue = _taken_out([each for each in jobs if each.created_at < at - ON_TIME], customer)
    overdue += sum(each["late"] for each in counted)
    if customer is None:
        overdue += _unsealed_overdue(at - ON_TIME)
    deriving = [
        _name(model) for model, rows in tables if model._meta.label in behind and rows.exists()
    ]
    return Outlook(_coming(tables, counted), under_way, overdue, PurgeRun.last_complete(), deriving)


def _taken_out(jobs: list[ShredJob], customer: Customer | None) -> int:
    """Count what these jobs have taken out of the database and not destroyed yet."""
    rows = (row for job in jobs for row in taken_out(job))
    return sum(customer is None or row.customer_id == customer.id for row in rows)


def _tables(customer: Customer | None) -> Iterator[Table]:
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
    return rows.filter(shred_job_id=None, held=False).exclude(keeping(model))


def _late(model: type[Shreddable], rows: "QuerySet[Any]", at: datetime) -> "QuerySet[Any]":
    """Rows that the purge should have destroyed by now; a customer that must wait is not."""
    late = _free(model, rows).filter(due_at__lte=at - ON_TIME)
    if model is not Customer:
        return late
    mine = Q(id__among=list(late.values_list("id", flat=True)))
    return late.exclude(id__among=list(waiting_customers(at, mine)))


def _counted(tables: list[Table], at: datetime, customer: Customer | None) -> list[dict[str, Any]]:
    """Return the counts of every table, several rows of each, in one query.

    Each count is a part of its own, so that each is read from the index made for it.
    """
    late = ShredJob.objects.filter(created_at__lt=at - ON_TIME).values("id")
    parts = []
    for model, rows in tables:
        ahead = _free(model, rows).filter(due_at__gt=at)
        if customer is not None:
            ahead = ahead.filter(restricted=False)
        within = {
            name: Count("pk", filter=Q(due_at__lte=at + span))
            for name, span in (("day", DAY), ("week", WEEK), ("month", MONTH))
        }
        claimed = rows.filter(shred_job_id__isnull=False)
        parts += [
            _part(model, claimed, claimed=Count("pk")),
            _part(model, claimed.filter(shred_job_id__in=late), late=Count("pk")),
            _part(model, ahead.filter(due_at__lte=at + MONTH), **within),
            _part(model, ahead, first=Min("due_at")),
        ]
        if model is not Customer or customer is None or _may_be_late(customer, at):
            parts.append(_part(model, _late(model, rows, at), late=Count("pk")))
    return list(parts[0].union(*parts[1:], all=True))


def _part(model: type[Shreddable], rows: "QuerySet[Any]", **asked: Any) -> "QuerySet[Any]":
    """Return one row of every column, of which some are asked for and the others say nothing."""
    known = {name: asked.get(name, Value(0)) for name in COUNTS}
    # Cast: in a union of several PostgreSQL takes a bare NULL for text.
    first = asked.get("first", Cast(Value(None), DateTimeField()))
    named = rows.values(label=Value(model._meta.label))
    part: QuerySet[Any] = named.annotate(**known, first=first)
    return part


def _may_be_late(customer: Customer, at: datetime) -> bool:
    return customer.due_at is not None and customer.due_at <= at - ON_TIME


def _coming(tables: list[Table], counted: list[dict[str, Any]]) -> list[Coming]:
    """Return what is coming of each table, those left out of which nothing is."""
    found = []
    for model, _ in tables:
        mine = [each for each in counted if each["label"] == model._meta.label]
        sums = {name: sum(each[name] for each in mine) for name in ("day", "week", "month")}
        first = min((each["first"] for each in mine if each["first"]), default=None)
        if first is not None:
            found.append(Coming(_name(model), first=first, **sums))
    return found


def _unsealed_overdue(before: datetime) -> int:
    """Count the rows of unsealed tables (sessions, the trail) that should have gone by then."""
    return sum(
        len(due_rows(model, said.keep, before))
        for model, said in declared()
        if said.erase in {Erase.DELETE, Erase.PRUNE}
    )


def _name(model: type[Model]) -> str:
    return str(model._meta.verbose_name_plural)
