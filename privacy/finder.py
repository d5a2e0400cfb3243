"""Everything about one caller within one customer, found by number or e-mail.

Only the customer's own rows are ever asked, under its own index keys: what another tenant has is
neither found nor takes time. Which models know callers, their declarations say.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast

from django.db.models import Count, Q

from customers.actions.covers import About
from customers.calling import calls_of, knows_callers, of_caller, tenant_models
from customers.models import Customer, Restriction, Target, TenantOwned
from smartsvar.paging import openable
from smartsvar.personal_data import Restrict, follow

SHOWN = 20  # of each kind; the counts say how many there are


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
    """What there is about a caller, and under which other addresses the same rows name one."""

    address: str
    kinds: list[Kind] = field(default_factory=list)
    restrictions: list[Restriction] = field(default_factory=list)
    others: list[str] = field(default_factory=list)

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
            kind, named = _kind(model, customer, which)
            found.kinds += [kind] if kind.count else []
            others |= named
    found.others = sorted(each for each in others if each.casefold() != address.casefold())
    covers = Restriction.objects.filter(of_caller(Restriction, customer.id, address))
    found.restrictions = cast(list[Restriction], list(covers.filter(customer=customer).in_force()))
    return found


def _kind(model: Any, customer: Customer, which: Q) -> tuple[Kind, set[str]]:
    mine = model._base_manager.filter(which, customer=customer).timely()
    hidden = Q(restricted=True)
    sums = mine.aggregate(count=Count("pk"), restricted=Count("pk", filter=hidden))
    if model.personal_data.restrict is Restrict.HIDE:
        if customer.restricted:  # stands for all that it has: no row says so
            sums["restricted"] = sums["count"]
        mine = model.objects.of(customer).filter(which)
    rows = openable(list(mine.order_by("-id")[:SHOWN]))
    for row in rows:
        row.customer = customer
    addresses = {getattr(row, name) for row in rows for name in model.personal_data.callers}
    newest = [find_of(row) for row in rows]
    return Kind(model, sums["count"], sums["restricted"], newest), addresses - {""}


def find_of(row: Any) -> Find:
    """Return when the row is from, and its page; `row.customer` is loaded."""
    return Find(_moment(row), row.get_absolute_url() if hasattr(row, "get_absolute_url") else "")


def _moment(row: Any) -> datetime:
    """Return when the row is from: what its period counts from, else when its id was made."""
    since: datetime | None = follow(row, row.personal_data.keep.since)
    return since or datetime.fromtimestamp((row.pk.int >> 80) / 1000, tz=UTC)
