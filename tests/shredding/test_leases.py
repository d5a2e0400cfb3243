"""Of all who want a row's work one has it, under a lease; whoever came too late writes nothing."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Thread

import pytest
from django.db import connection, connections, transaction

from messages.models import Delivery
from privacy.exports.listing import LEASE as COLLECTING
from privacy.models import Export
from recordings.models import Recording
from smartsvar.clock import database_now
from smartsvar.leases import LostLease, take
from smartsvar.shredding import actions, claims
from smartsvar.shredding.models import ShredJob
from tests import cast
from tests.privacy.test_exports import asked
from tests.processes import wait_until

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

LEASE = timedelta(minutes=10)
State = Delivery.State


def waiting_delivery(house: cast.House) -> Delivery:
    """A mail to the staff member that waits to be sent; what waits is selected by a join."""
    found: Delivery = Delivery.objects.get(message=cast.message_of(house, staff=house.staff))
    return found


def taken(delivery: Delivery, at: datetime) -> Delivery | None:
    waiting = Delivery.objects.waiting(at)
    found: Delivery | None = take(waiting, delivery.id, until=at + LEASE, state=State.CLAIMED)
    return found


@contextmanager
def meanwhile(work: Callable[[], object], *, workers: int) -> Iterator[list[object]]:
    """Yield where the workers' results come, while the block's transaction holds them up."""
    results: list[object] = []

    def working() -> None:
        results.append(work())
        connections.close_all()

    threads = [Thread(target=working) for _ in range(workers)]
    with transaction.atomic():
        yield results
        for thread in threads:
            thread.start()
        wait_until(lambda: held_up() >= workers, 10, "the workers to stand before the lock")
    for thread in threads:
        thread.join()


def held_up() -> int:
    """How many wait for a lock; on SQLite, which does not tell, after a while: all."""
    if connection.vendor != "postgresql":
        time.sleep(0.3)
        return 99
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return int(cursor.fetchone()[0])


def test_of_three_workers_that_see_it_waiting_exactly_one_gets_it(anna: cast.House) -> None:
    delivery, at = waiting_delivery(anna), database_now()
    with meanwhile(lambda: taken(delivery, at), workers=3) as results:
        Delivery.objects.filter(id=delivery.id).update(error="still waiting")
    assert sorted(each is not None for each in results) == [False, False, True]
    delivery.refresh_from_db()
    assert (delivery.fence, delivery.lease_until) == (1, at + LEASE)


def test_what_is_called_off_between_reading_and_taking_is_not_taken(anna: cast.House) -> None:
    """Though its fence is the one that was read: what calls it off takes no lease."""
    delivery, at = waiting_delivery(anna), database_now()
    with meanwhile(lambda: taken(delivery, at), workers=1) as results:
        Delivery.objects.filter(id=delivery.id).update(state=State.DEAD)
    assert results == [None]
    delivery.refresh_from_db()
    assert (delivery.state, delivery.fence, delivery.lease_until) == (State.DEAD, 0, None)


def test_what_was_taken_is_given_as_it_now_stands(anna: cast.House) -> None:
    delivery, bystander, at = waiting_delivery(anna), waiting_delivery(anna), database_now()
    first = taken(delivery, at)
    assert first is not None
    assert (first.state, first.fence, first.lease_until) == (State.CLAIMED, 1, at + LEASE)
    assert taken(delivery, at) is None
    assert first.mine().get() == delivery
    bystander.refresh_from_db()
    assert (bystander.state, bystander.fence) == (State.QUEUED, 0)


def test_a_worker_whose_lease_ran_out_writes_nothing_once_another_has_it(anna: cast.House) -> None:
    delivery, at = waiting_delivery(anna), database_now()
    slow = taken(delivery, at)
    later = at + LEASE + timedelta(seconds=1)
    assert taken(delivery, at + LEASE) is None, "to the last moment it is the first one's"
    next_one = taken(delivery, later)
    assert slow is not None
    assert next_one is not None
    assert slow.mine().update(error="slow") == 0
    with pytest.raises(LostLease):
        slow.hold_on(later + LEASE, error="slow")
    delivery.refresh_from_db()
    assert (delivery.fence, delivery.lease_until, delivery.error) == (2, later + LEASE, "")
    next_one.hold_on(later + 2 * LEASE, error="quick")
    delivery.refresh_from_db()
    assert (delivery.fence, delivery.lease_until, delivery.error) == (2, later + 2 * LEASE, "quick")


def test_a_worker_that_gave_its_lease_back_writes_nothing_more(anna: cast.House) -> None:
    delivery, at = waiting_delivery(anna), database_now()
    done = taken(delivery, at)
    assert done is not None
    assert done.let_go(state=State.ACCEPTED)
    assert not done.let_go(state=State.QUEUED)
    with pytest.raises(LostLease):
        done.hold_on(at + LEASE, state=State.QUEUED)
    delivery.refresh_from_db()
    assert (delivery.state, delivery.lease_until) == (State.ACCEPTED, None)


def test_an_export_that_is_being_deleted_is_nobodys_to_collect(anna: cast.House) -> None:
    at = database_now()
    export: Export | None = take(Export.objects.all(), asked(anna).id, until=at + COLLECTING)
    assert export is not None
    export.hold_on(at + COLLECTING)
    assert claims.claim_rows(Export, [export.id], by=anna.administrator, at=at)
    with pytest.raises(LostLease):
        export.hold_on(at + COLLECTING)


def test_a_job_whose_worker_is_heard_of_again_is_not_taken_over(anna: cast.House) -> None:
    at = database_now()
    calls = [cast.call_of(anna) for _ in range(2)]
    jobs = [claims.claim_rows(Recording, [call.id], by=anna.member, at=at) for call in calls]
    later = at + claims.LEASE + timedelta(seconds=1)
    left = actions.take_over(later)
    first = next(left)
    (other,) = [job for job in jobs if job and job != first]
    other.hold_on(later + claims.LEASE)
    assert list(left) == []
    assert ShredJob.objects.get(id=first.id).fence == 2
    assert actions.carry_out(other) == 1
