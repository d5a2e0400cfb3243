"""Work that one worker at a time does: a row held under a lease, and a fence against the late.

A lease that has run out is a worker thought dead: the row is anybody's again. Each taking counts
the fence up, so a worker that was only slow finds the row no longer its own, and writes nothing.
"""

from datetime import datetime
from typing import Any, Self, TypeVar
from uuid import UUID

from django.db import models, transaction
from django.db.models import F, Q


class LostLease(Exception):
    """Another worker has taken this over, or it has ended: nothing more is to be written."""


class Leased(models.Model):
    """A row that is worked on under a lease: `lease_until` is null while nobody has it."""

    lease_until = models.DateTimeField(null=True)
    fence = models.PositiveIntegerField(default=0, db_default=0)

    class Meta:
        abstract = True

    def mine(self) -> models.QuerySet[Self]:
        """Select this row as long as whoever took this copy has it."""
        rows = type(self)._base_manager.filter(pk=self.pk, fence=self.fence)
        return rows.filter(lease_until__isnull=False)

    def hold_on(self, until: datetime, **changes: Any) -> None:
        """Write, and keep the lease until then. Raises LostLease."""
        if not self.mine().update(lease_until=until, **changes):
            raise LostLease(self.pk)

    def let_go(self, **changes: Any) -> bool:
        """Write, and give the lease back; return whether it was still to be given."""
        return bool(self.mine().update(lease_until=None, **changes))


M = TypeVar("M", bound=Leased)


def free(at: datetime, lease: str = "lease_until") -> Q:
    """Select what no worker has: never taken, given back, or its lease has run out."""
    return Q(**{lease: None}) | Q(**{f"{lease}__lt": at})


@transaction.atomic
def take(
    waiting: models.QuerySet[M], identity: UUID, *, until: datetime, **changes: Any
) -> M | None:
    """Take a waiting row for this worker, under a new fence; None when it waits no more.

    What `waiting` asks of the row itself is asked again under its lock. An UPDATE of what a join
    selects waits for another worker's and asks no more: then both have taken it.
    """
    row = waiting.select_for_update(of=("self",), no_key=True).filter(pk=identity).first()
    if row is not None:
        taken = type(row)._base_manager.filter(pk=identity)
        taken.update(lease_until=until, fence=F("fence") + 1, **changes)
        row.refresh_from_db(fields=["lease_until", "fence", *changes])
    return row
