"""Everything about one caller within one customer, found by number or e-mail.

Only the customer's own rows are ever asked, under its own index keys: what another tenant has is
neither found nor takes time. Which models know callers, their declarations say.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from django.db.models import Count, F, Q, QuerySet, Window
from django.db.models.functions import RowNumber

from customers.actions.covers import About
from customers.calling import (
    addresses_of,
    caller_indexes,
    calls_of,
    knows_callers,
    of_caller,
    tenant_models,
)
from customers.models import Customer, Restriction, Target, TenantOwned
from smartsvar.paging import openable
from smartsvar.personal_data import Restrict, follow

SHOWN = 20  # of each kind; the counts say how many there are
OTHERS = 20  # other addresses of each sort; a switchboard's may stand beside hundreds


@dataclass(frozen=True)
class Find:
    """One row: when it is from, and its page, "" where it has none."""

    at: datetime
    page: str


@dataclass(frozen=True)
class Kind:
    """The caller's rows of one model. `restricted` of the `count` are only stored: never shown."""

    model: type[TenantOwned]
    count: int
    restricted: int
    newest: list[Find]

    @property
    def name(self) -> str:
        meta = self.model._meta
        return str(meta.verbose_name if self.count == 1 else meta.verbose_name_plural)


@dataclass
class Found:
    """What there is about a caller, and under which other addresses the same rows name one.

    unlisted: there are more other addresses than OTHERS.
    """

    address: str
    kinds: list[Kind] = field(default_factory=list)
    restrictions: list[Restriction] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    unlisted: bool = False

    @property
    def about(self) -> About:
        return About(target=Target.CALLER, caller=self.address)


def find_caller(customer: Customer, address: str) -> Found:
    """Return everything about the caller with this number (E.164) or e-mail address.

    A fixed number of queries, whatever is found.
    """
    found, others = Found(address), set[str]()
    calls = calls_of(customer.id, address)
    for model in tenant_models():
        if knows_callers(model):
            which = of_caller(model, customer.id, address, calls=calls)
            kind = _kind(model, customer, which)
            found.kinds += [kind] if kind.count else []
            for rows in _by_address(model, _shown(model, customer, which)):
                others.update(*map(addresses_of, openable(rows[:OTHERS])))
                found.unlisted |= len(rows) > OTHERS
    found.others = sorted(each for each in others if each.casefold() != address.casefold())
    covers = Restriction.objects.filter(of_caller(Restriction, customer.id, address))
    found.restrictions = cast(list[Restriction], list(covers.filter(customer=customer).in_force()))
    return found


def _shown(model: Any, customer: Customer, which: Q) -> "QuerySet[Any]":
    """Return the rows that may be shown: of content, not the restricted."""
    if model.personal_data.restrict is Restrict.HIDE:
        rows: QuerySet[Any] = model.objects.of(customer).filter(which)
    else:
        rows = model._base_manager.filter(which, customer=customer).timely()
    return rows


def _by_address(model: Any, rows: "QuerySet[Any]") -> Iterator[list[Any]]:
    """Yield, for each sort of address, the newest row with each: at most one more than OTHERS."""
    for index in caller_indexes(model):
        ranked = Window(RowNumber(), partition_by=[F(index.attname)], order_by="-id")
        named = rows.exclude(**{index.attname: None}).annotate(rank=ranked).filter(rank=1)
        yield list(named.order_by("-id")[: OTHERS + 1])


def _kind(model: Any, customer: Customer, which: Q) -> Kind:
    mine = model._base_manager.filter(which, customer=customer).timely()
    hidden = Q(restricted=True)
    sums = mine.aggregate(count=Count("pk"), restricted=Count("pk", filter=hidden))
    if customer.restricted and model.personal_data.restrict is Restrict.HIDE:
        sums["restricted"] = sums["count"]  # it stands for all that it has: no row says so
    rows = openable(list(_shown(model, customer, which).order_by("-id")[:SHOWN]))
    for row in rows:
        row.customer = customer
    return Kind(model, sums["count"], sums["restricted"], [find_of(row) for row in rows])


def find_of(row: Any) -> Find:
    """Return when the row is from, and its page; `row.customer` is loaded."""
    return Find(_moment(row), row.get_absolute_url() if hasattr(row, "get_absolute_url") else "")


def _moment(row: Any) -> datetime:
    """Return when the row is from: what its period counts from, else when its id was made."""
    since: datetime | None = follow(row, row.personal_data.keep.since)
    return since or datetime.fromtimestamp((row.pk.int >> 80) / 1000, tz=UTC)
