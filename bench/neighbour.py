"""A customer at work beside a purge or an erasure: reads its list and takes a message, in turn.

A process of its own, as the web is: `python -m bench.neighbour CUSTOMER`. Works until told to stop
and prints, in seconds, the p99 of its readings, that of its writings, and the longest of all.
"""

import json
import os
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import NamedTuple
from uuid import UUID

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smartsvar.settings")
django.setup()

from customers.models import Customer  # noqa: E402
from messages.actions import MessageFacts, take_message  # noqa: E402
from messages.models import PhoneMessage  # noqa: E402
from smartsvar.audit.actors import SYSTEM  # noqa: E402
from smartsvar.clock import database_now  # noqa: E402

PAGE = 25


class Felt(NamedTuple):
    """What the customer felt, in seconds."""

    read: float
    write: float
    longest: float


def beside(customer: Customer, meanwhile: Callable[[], object]) -> Felt:
    """Let the customer work in another process while `meanwhile` runs; return what it felt."""
    command = [sys.executable, "-m", "bench.neighbour", str(customer.id)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as worker:
        assert worker.stdout is not None
        worker.stdout.readline()  # it has begun
        meanwhile()
        said, _ = worker.communicate("stop\n")
    return Felt(*json.loads(said))


def main(customer_id: UUID) -> None:
    customer = Customer.objects.get(id=customer_id)
    rows = PhoneMessage.objects.of(customer).newest_first().values_list("id", "taken_at")
    now = database_now()
    facts = MessageFacts(matter="Ring upp", taken_at=now, caller_number="+46701740611")

    def read() -> None:
        list(rows[:PAGE])

    def write() -> None:
        take_message(customer, facts, by=SYSTEM, at=now)

    stop = threading.Event()
    threading.Thread(target=_wait_for_word, args=(stop,), daemon=True).start()
    reads: list[float] = []
    writes: list[float] = []
    for work in (read, write):
        work()
    print("begun", flush=True)
    while not stop.is_set():
        for work, times in ((read, reads), (write, writes)):
            start = time.perf_counter()
            work()
            times.append(time.perf_counter() - start)
            time.sleep(0.005)
    print(json.dumps([_p99(reads), _p99(writes), max(reads + writes)]), flush=True)


def _p99(times: list[float]) -> float:
    return statistics.quantiles(times, n=100)[98]


def _wait_for_word(stop: threading.Event) -> None:
    sys.stdin.readline()
    stop.set()


if __name__ == "__main__":
    main(UUID(sys.argv[1]))
