"""Processes beside a test, on its databases: `python -m tests.vault.side VERB ARGUMENT…`.

    rotate ARGUMENT…          manage.py rotate_keys, with a memory of half a second
    use CUSTOMER              read, search, write and delete until ended; print every failure

They remember keys for half a second instead of thirty, so that a rotation need not wait a minute.
"""

import itertools
import os
import sys
import time
from uuid import UUID

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smartsvar.settings")
django.setup()

from django.core.management import call_command  # noqa: E402

from customers.models import Customer  # noqa: E402
from messages.actions import MessageFacts, delete_message, take_message  # noqa: E402
from messages.models import PhoneMessage  # noqa: E402
from smartsvar.audit.actors import SYSTEM  # noqa: E402
from smartsvar.clock import database_now  # noqa: E402
from smartsvar.vault import epochs, memory  # noqa: E402
from smartsvar.vault.models import RecordKey  # noqa: E402
from smartsvar.vault.rotation import moving, pace  # noqa: E402
from tests import cast  # noqa: E402

MEMORY = 0.5  # seconds


def shorten() -> None:
    """Remember for a short time; every process of a test must agree."""
    memory.CACHE_SECONDS = MEMORY
    epochs.MARGIN_SECONDS = MEMORY


def slow_down() -> None:
    """Move few keys at a time, so that there is a middle in which to be killed."""
    moving.BATCH = 5
    pace.breathe = lambda: time.sleep(0.02)


def use(customer_id: UUID) -> None:
    """Do what members do, over and over, until somebody ends the process."""
    customer = Customer.objects.get(id=customer_id)
    mine: list[PhoneMessage] = []
    for number in itertools.count(1):
        try:
            _round(customer, mine)
        except Exception as error:
            print(f"FAILED {type(error).__name__}: {error}", flush=True)
        print(f"round {number}", flush=True)


def _round(customer: Customer, mine: list[PhoneMessage]) -> None:
    rows = PhoneMessage.objects.of(customer)
    stored = {row.id: row.matter for row in rows}
    assert all(matter == cast.PLANTED_MATTER for matter in stored.values())
    found = rows.from_caller(customer, cast.PLANTED_NUMBER)
    missed = stored.keys() - set(found.values_list("id", flat=True))
    assert not missed, f"search misses {len(missed)} of {len(stored)}"
    now = database_now()
    facts = MessageFacts(
        matter=cast.PLANTED_MATTER, taken_at=now, caller_number=cast.PLANTED_NUMBER
    )
    mine.append(take_message(customer, facts, by=SYSTEM, at=now))
    assert rows.from_caller(customer, cast.PLANTED_NUMBER).filter(id=mine[-1].id).exists()
    if len(mine) > 5:
        gone = mine.pop(0)
        delete_message(gone, by=SYSTEM)
        assert not RecordKey.objects.filter(id=gone.key_id).exists()


def main(verb: str, *arguments: str) -> int:
    shorten()
    if verb == "use":
        use(UUID(arguments[0]))
    slow_down()
    call_command("rotate_keys", *arguments)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
