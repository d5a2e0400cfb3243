"""Read a list again and again until told to stop; print the p99 of the readings, in seconds.

A process of its own, as the web is: `python -m bench.reader CUSTOMER`.
"""

import os
import statistics
import sys
import threading
import time
from uuid import UUID

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smartsvar.settings")
django.setup()

from customers.models import Customer  # noqa: E402
from messages.models import PhoneMessage  # noqa: E402

PAGE = 25


def _wait_for_word(stop: threading.Event) -> None:
    sys.stdin.readline()
    stop.set()


def main(customer_id: UUID) -> None:
    customer = Customer.objects.get(id=customer_id)
    stop = threading.Event()
    threading.Thread(target=_wait_for_word, args=(stop,), daemon=True).start()
    times: list[float] = []
    rows = PhoneMessage.objects.of(customer).newest_first().values_list("id", "taken_at")
    list(rows[:PAGE])
    print("begun", flush=True)
    while not stop.is_set():
        start = time.perf_counter()
        list(rows[:PAGE])
        times.append(time.perf_counter() - start)
        time.sleep(0.005)
    print(statistics.quantiles(times, n=100)[98], flush=True)


if __name__ == "__main__":
    main(UUID(sys.argv[1]))
