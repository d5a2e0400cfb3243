"""Erasure of an account with 100,000 messages, and what another customer feels of it."""

import time
from datetime import timedelta
from uuid import uuid4

from bench.neighbour import Felt, beside
from bench.purging import DUE, busy, floor, ledger_on_disk
from bench.report import line, title
from bench.stock import analyze, fill_messages, open_account
from customers.actions.covers import About
from customers.models import Customer, Target
from messages.models import PhoneMessage
from privacy.erasures.steps import ask_erasure
from privacy.erasures.work import carry_on
from smartsvar.audit.actors import SYSTEM
from smartsvar.clock import database_now

ROWS = 100_000
ACCOUNT = About(target=Target.CUSTOMER)


def run() -> None:
    with ledger_on_disk():
        title(f"Erasure of an account with {ROWS:,} messages (PostgreSQL, two clusters)")
        neighbour = open_account()
        fill(neighbour, 1_000)
        bare = floor(DUE)
        told("another customer alone", beside(neighbour, lambda: time.sleep(10)))
        told("beside as much work on other tables", beside(neighbour, lambda: busy(10)))
        took: list[float] = []
        felt = beside(neighbour, lambda: took.append(erased()))
        told("beside the erasure", felt, "as beside other work")
        line(f"{ROWS:,} erased", f"{took[0]:.1f} s", f"one bare DELETE {DUE / bare:,.0f}/s")
        line("", f"{ROWS / took[0]:,.0f} records/s", "")


def told(what: str, felt: Felt, aim: str = "") -> None:
    read, write, longest = (f"{seconds * 1000:.1f} ms" for seconds in felt)
    line(f"{what}: list, p99", read, f"a message taken {write}; longest {longest}", aim)


def fill(customer: Customer, count: int) -> None:
    now = database_now()
    fill_messages(customer, count, taken=now, due=now + timedelta(days=90), tag=uuid4().hex)
    analyze()


def erased() -> float:
    """Fill an account and erase it; return the seconds that the erasure took."""
    customer = open_account()
    fill(customer, ROWS)
    at = database_now()
    erasure = ask_erasure(customer, ACCOUNT, by=SYSTEM, at=at)
    start = time.perf_counter()
    state = carry_on(erasure.id, database_now())
    took = time.perf_counter() - start
    assert state == "done", state
    assert not PhoneMessage._base_manager.filter(customer_id=customer.id).exists()
    return took
