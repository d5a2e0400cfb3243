"""Lost bytes: living rows whose sealed object is not in the storage.

The other way round from the sweep of objects without a row. Bytes are stored before a row goes live
and deleted after it is claimed, so such a row is damage: told, counted, and kept, for a copy of the
storage may bring its bytes back.
"""

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from uuid import UUID

import structlog
from django.db.models import F, Q

from privacy.models import StorageLook
from privacy.purging.lost_keys import living
from privacy.purging.orphans import AGE, blob_owners
from smartsvar.ids import first_id
from smartsvar.personal_data import Keep
from smartsvar.shredding.standing import standing
from smartsvar.unreadable import noticed
from smartsvar.vault.rows import SealedModel
from smartsvar.vault.storage import blob_store

log = structlog.get_logger(__name__)

PAGE = 20_000  # rows held against the storage's listing at once


def look_for_bytes(at: datetime, *, seconds: float = 600) -> dict[str, int]:
    """Look for rows older than a day whose object is gone; return how many this run found.

    Stops after so many seconds and goes on from there the next time. What is being received or
    destroyed is left out. Raises OSError when the storage does not answer.
    """
    sound = standing()
    if not sound.sound:  # the ledger will take rows again whose bytes went since the backup
        log.error("bytes not looked for: databases and ledger disagree", count=len(sound.behind))
        return {}
    end, found = time.monotonic() + seconds, {}
    for model, attribute, keep in blob_owners():
        label = model._meta.label
        StorageLook.objects.get_or_create(model=label)
        found[label] = sum(_look(model, attribute, _complete(model, keep, at), at, end))
        if found[label]:
            log.error("rows without their bytes", model=label, count=found[label])
    return found


def _complete(model: type[SealedModel], keep: Keep, at: datetime) -> Q:
    """Rows that should have their bytes: not new, not half received, not on their way out."""
    ready = living(model) & Q(id__lt=first_id(at - AGE))
    if keep.unfinished:
        path, value = keep.unfinished
        ready &= ~Q(**{path.replace(".", "__"): value})
    return ready


def _look(
    model: type[SealedModel], attribute: str, ready: Q, at: datetime, end: float
) -> Iterator[int]:
    """Yield how many rows of each page are damaged; note after each how far it came."""
    looks = StorageLook.objects.filter(model=model._meta.label)
    cursor = looks.get().cursor
    while True:
        after = Q(id__gt=cursor) if cursor else Q()
        rows = model._base_manager.filter(ready, after).order_by("id")
        page = list(rows.values_list("id", flat=True)[:PAGE])
        mine = looks.filter(cursor=cursor)
        if not page:
            mine.update(cursor=None, found=F("missing"), missing=0, ended_at=at)
            return
        cursor, lost = _held_against_storage(model, attribute, page, end)
        yield lost
        if not mine.update(cursor=cursor, missing=F("missing") + lost) or time.monotonic() > end:
            return  # another look has gone on from here, or there is time for the rest later


def _held_against_storage(
    model: type[SealedModel], attribute: str, page: list[UUID], end: float
) -> tuple[UUID, int]:
    """Return how far it came in this page, and how many rows up to there are damaged."""
    names = {row: str(getattr(model(id=row), attribute)) for row in page}
    missing, lost = blob_store().missing(list(names.values())), 0
    for row, name in names.items():
        if name in missing:
            lost += _is_lost(model, row, name)
            if time.monotonic() > end:  # a storage that lost much: told over several runs
                return row, lost
    return page[-1], lost


def _is_lost(model: type[SealedModel], row: UUID, name: str) -> bool:
    """Ask for the object itself, and for the row again; report what is damaged."""
    try:
        blob_store().open(name).close()
    except FileNotFoundError as error:
        rows: Any = model._base_manager.filter(id=row).defer("sealed")
        found = rows.first()
        return found is not None and noticed(error, found.place)
    return False
