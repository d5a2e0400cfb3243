"""How far the look for rows whose sealed object is gone has come, and what it found."""

from datetime import datetime
from typing import Any

from django.db import models

from smartsvar.personal_data import NoPersonalData


class StorageLook(models.Model):
    """One model's look: under way from `cursor` on, or come to its end at `ended_at`.

    missing: rows found damaged so far in the look under way; found: in the last whole one.
    """

    personal_data = NoPersonalData(because="a row's id and counts")

    model = models.CharField(primary_key=True, max_length=60)
    cursor = models.UUIDField(null=True)
    missing = models.PositiveIntegerField(default=0)
    found = models.PositiveIntegerField(default=0)
    ended_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.model

    @classmethod
    def told(cls) -> dict[str, Any]:
        """Return what support is told: rows without their object, and since when that is known."""
        looks = list(cls.objects.all())
        ends: list[datetime] = [each.ended_at for each in looks if each.ended_at is not None]
        count = sum(max(each.found, each.missing) for each in looks)
        return {"count": count, "ended_at": min(ends, default=None)}
