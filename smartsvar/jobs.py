"""The nudge: ask a worker to look at a row, by task name and id, once the transaction holds.

The row is the queue. A nudge that is lost (no broker, a killed worker) costs time, never work:
the scheduled "run everything due" tasks find the row.
"""

from uuid import UUID

import structlog
from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

log = structlog.get_logger(__name__)


def enqueue(task: str, *ids: UUID) -> None:
    """Send `task` with ids (nothing else ever travels through the broker) after commit."""
    arguments = [str(identity) for identity in ids]
    transaction.on_commit(lambda: _send(task, arguments))


def _send(task: str, arguments: list[str]) -> None:
    try:
        current_app.send_task(task, args=arguments, retry=False)
    except (OperationalError, OSError) as error:
        log.warning("nudge lost", task=task, error=type(error).__name__)
