"""Server time and queries of the first page and of every list, at 10 rows and at 10,000.

Each page is asked for through the whole stack of middleware, as a browser asks, and stands beside
the least that a signed-in page costs: a page of its own with nothing to list.
"""

import statistics
import time
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.conf import settings
from django.core.cache import cache
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bench.crowd import administrator_of, fill
from bench.report import line, title
from bench.stock import open_account
from smartsvar.portal.search import SEARCHED
from smartsvar.vault.keys import forget_keys

FEW, MANY = 10, 10_000
PEOPLE = 1000  # on the register of the larger customer; a tenth of them are members
MOST = 12  # queries of a page
ROUNDS = 21
FLOOR = "customers:key_add"  # a form of three fields: session, person, membership, and a template
LISTS = (
    "portal:overview", "portal:events", "recordings:list", "phone_messages:list", "portal:trail",
    "portal:insight", "portal:grants", "customers:staff_list", "customers:absence_calendar",
    "customers:members", "customers:keys", "privacy:cases", "privacy:exports", "privacy:erasures",
    "privacy:restrictions", "privacy:receipts",
)  # fmt: skip


class Cost(NamedTuple):
    """Of one page: milliseconds (median and 95th percentile), queries, kilobytes."""

    median: float
    p95: float
    queries: int
    keys: int
    kilobytes: float


Ask = Callable[[], Any]


def browser_of(member: Any) -> Client:
    """Return a signed-in browser behind the proxy that production has."""
    client = Client(headers={"X-Forwarded-Proto": "https"}, SERVER_NAME=settings.ALLOWED_HOSTS[0])
    client.force_login(member.user)
    return client


def measured(ask: Ask, *, forget: Callable[[], None] = lambda: None, rounds: int = ROUNDS) -> Cost:
    """Ask `rounds` times after two unmeasured ones; `forget` comes before each."""
    times = []
    for number in range(rounds + 2):
        forget()
        start = time.perf_counter()
        answer = ask()
        times.append((time.perf_counter() - start) * 1e3)
        assert answer.status_code == 200, (number, answer.status_code)
    forget()
    with (
        CaptureQueriesContext(connections["default"]) as main,
        CaptureQueriesContext(connections["keys"]) as keys,
    ):
        size = len(ask().content) / 1e3
    kept = times[2:]
    p95 = statistics.quantiles(kept, n=20)[18]
    return Cost(statistics.median(kept), p95, len(main), len(keys), size)


def nothing_known() -> None:
    """As after a restart: neither figures nor keys are remembered."""
    cache.clear()
    forget_keys()


def run() -> None:
    title(f"Pages of Mina Sidor at {FEW} and {MANY:,} rows, ms (PostgreSQL)")
    few, many = _customer(FEW, FEW), _customer(MANY, PEOPLE)
    wrong = []
    for name in (FLOOR, *LISTS):
        told = [_of(one, name, cold=cold) for cold in (True, False) for one in (few, many)]
        wrong += _wrong(name, told)
        _tell(f"{name}, nothing remembered", *told[:2])
        _tell(f"{name}, again", *told[2:])
    _searches(many)
    assert not wrong, "\n".join(wrong)


def _customer(count: int, people: int) -> tuple[Client, int]:
    customer = open_account()
    member = administrator_of(customer)
    fill(customer, member, count, people)
    for alias in ("default", "keys"):
        with connections[alias].cursor() as cursor:
            cursor.execute("ANALYZE")
    return browser_of(member), customer.number


def _of(one: tuple[Client, int], name: str, *, cold: bool) -> Cost:
    client, number = one
    path = reverse(name, args=[number])
    forget = nothing_known if cold else (lambda: None)
    return measured(lambda: client.get(path), forget=forget)


def _wrong(name: str, told: list[Cost]) -> list[str]:
    """Return what breaks the rule: more queries than MOST, or more of them with more rows."""
    counts = [each.queries for each in told]
    found = [f"{name}: {max(counts)} queries"] if max(counts) > MOST else []
    for small, large in (told[:2], told[2:]):
        if small.queries != large.queries or small.keys != large.keys:
            found.append(f"{name}: {small.queries} + {small.keys} queries become"
                         f" {large.queries} + {large.keys}")  # fmt: skip
    return found


def _tell(what: str, small: Cost, large: Cost) -> None:
    line(
        what,
        f"{large.median:.1f} (p95 {large.p95:.1f})",
        f"at {FEW}: {small.median:.1f} (p95 {small.p95:.1f});"
        f" {large.queries} + {large.keys} queries, {large.kilobytes:.0f} kB",
    )


def _searches(one: tuple[Client, int]) -> None:
    """A search for a text opens SEARCHED rows at most; one for a caller asks the blind index."""
    client, number = one
    path = reverse("portal:events", args=[number])
    text = measured(
        lambda: client.post(path, {"text": "finns inte"}), forget=nothing_known, rounds=9
    )
    opened = min(SEARCHED, 2 * MANY)  # calls and messages
    line(
        f"a text that is nowhere: {opened:,} rows opened",
        f"{text.median:.0f} (p95 {text.p95:.0f})",
        f"{text.median * 1000 / opened:.0f} per 1,000; {text.queries} + {text.keys} queries",
    )
    asked = urlencode({"caller": "070-174 00 07"})
    caller = measured(lambda: client.get(f"{path}?{asked}"), forget=nothing_known)
    line(
        f"a caller's number, of {2 * MANY:,} rows",
        f"{caller.median:.1f} (p95 {caller.p95:.1f})",
        f"by blind index; {caller.queries} + {caller.keys} queries",
    )
