"""Whether the parts answer. No data, and no word on which part does not: that is in the log."""

from collections.abc import Callable

import structlog
from django.core.cache import cache
from django.db import connections
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from privacy.purging.alarm import require_purged
from smartsvar.clock import database_now
from smartsvar.unreadable import RETRY_SECONDS
from smartsvar.vault.storage import blob_store

log = structlog.get_logger(__name__)


def _database(alias: str) -> None:
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT 1")


def _cache() -> None:
    cache.set("health", "answers", timeout=10)
    if cache.get("health") != "answers":
        raise OSError("The cache forgets.")


PARTS: dict[str, Callable[[], None]] = {
    "default": lambda: _database("default"),
    "keys": lambda: _database("keys"),
    "cache": _cache,
    "storage": lambda: blob_store().check(),
    "purge": lambda: require_purged(database_now()),
}


@require_safe
def health(request: HttpRequest) -> JsonResponse:
    if not parts_down():
        return JsonResponse({"status": "ok"})
    later = {"Retry-After": str(RETRY_SECONDS)}
    return JsonResponse({"status": "unavailable"}, status=503, headers=later)


def parts_down() -> list[str]:
    """Return which parts do not answer; each is named in the log."""
    return [name for name, check in PARTS.items() if not _answers(name, check)]


def _answers(name: str, check: Callable[[], None]) -> bool:
    try:
        check()
    except Exception as error:  # whatever a driver raises: the answer is that it does not work
        log.error("part does not answer", part=name, error=type(error).__name__)
        return False
    return True
