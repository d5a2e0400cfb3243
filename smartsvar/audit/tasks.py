from celery import shared_task

from smartsvar.audit import chain


@shared_task(name="audit.seal_trail")
def seal_trail() -> int:
    """Seal and anchor every committed entry."""
    return chain.seal_trail()
