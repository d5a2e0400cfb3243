"""What one test leaves in the broker is not the next one's."""

import pytest
from celery import current_app

from smartsvar.celery import app
from tests.processes import QUEUES, empty_queues

LEFT = ("privacy.purge_due", "messages.deliver_due")  # one task of each queue


def waiting() -> dict[str, int]:
    with app.connection_for_read() as connection:
        channel = connection.default_channel
        return {name: channel._size(name) for name in QUEUES}


def test_every_routed_queue_is_emptied() -> None:
    routed = {str(route["queue"]) for route in app.conf.task_routes.values()}
    assert set(QUEUES) == {app.conf.task_default_queue} | routed


@pytest.mark.django_db(databases="__all__", transaction=True)
@pytest.mark.parametrize("which", ["first", "second"])
def test_a_nudge_left_by_one_test_is_not_the_next_ones(which: str) -> None:
    assert waiting() == dict.fromkeys(QUEUES, 0), which
    for task in LEFT:
        current_app.send_task(task)
    assert waiting() == dict.fromkeys(QUEUES, 1)


def test_nothing_is_left_once_they_are_emptied() -> None:
    for task in LEFT:
        current_app.send_task(task)
    empty_queues()
    assert waiting() == dict.fromkeys(QUEUES, 0)
