from uuid import UUID

from celery import shared_task

from messages import delivery


@shared_task(name="messages.deliver")
def deliver(delivery_id: str) -> str:
    """Send one delivery now."""
    return delivery.deliver(UUID(delivery_id))


@shared_task(name="messages.deliver_due")
def deliver_due() -> int:
    """Send everything that waits: what a lost nudge, a dead worker or a silent server left."""
    return delivery.deliver_due()
