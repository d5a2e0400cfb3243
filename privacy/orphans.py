"""Sweeps: keys that no row needs, and spools that no upload writes to any more."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import cast

from django.apps import apps
from django.conf import settings

from smartsvar.shredding.models import ShredJob
from smartsvar.vault.destruction import shred_keys
from smartsvar.vault.models import RecordKey
from smartsvar.vault.rows import SealedModel

AGE = timedelta(hours=24)


def sweep_keys(at: datetime) -> int:
    """Destroy record keys older than a day whose row does not exist; return how many.

    A key is made before its row, so a crash between leaves one; a row that is being shredded still
    exists. Nothing is swept while a job is under way.
    """
    if ShredJob.objects.exists():
        return 0
    gone = 0
    old = RecordKey.objects.filter(created_at__lt=at - AGE).order_by("id")
    for label in set(old.order_by().values_list("model", flat=True).distinct()):
        model = cast(type[SealedModel], apps.get_model(label))
        keys = list(old.filter(model=label).values_list("id", "object_id"))
        for start in range(0, len(keys), 1000):
            part = keys[start : start + 1000]
            rows = model._base_manager.filter(pk__in=[row for _, row in part])
            alive = set(rows.values_list("pk", flat=True))
            gone += shred_keys(key for key, row in part if row not in alive)
    return gone


def sweep_spools(at: datetime) -> int:
    """Remove the ciphertext of uploads whose process died more than a day ago; return how many."""
    limit = (at - AGE).timestamp()
    stale = [p for p in Path(settings.SPOOL_DIR).glob("*.sealing") if p.stat().st_mtime < limit]
    for path in stale:
        path.unlink(missing_ok=True)
    return len(stale)
