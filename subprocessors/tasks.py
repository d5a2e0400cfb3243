from celery import shared_task

from subprocessors import telling


@shared_task(name="subprocessors.tell_customers")
def tell_customers() -> int:
    """Mail every customer that has not been told of an announced change."""
    return telling.tell_waiting()
