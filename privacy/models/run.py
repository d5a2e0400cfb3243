"""That a purge ran, and when; and how long it has been watched that it does."""

from datetime import datetime
from typing import Any, ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from smartsvar.ids import new_id
from smartsvar.personal_data import NoPersonalData


class PurgeRunQuerySet(models.QuerySet["PurgeRun"]):
    def complete(self) -> Self:
        """Runs that came to their end with nothing left undone."""
        return self.exclude(ended_at=None).filter(undone=0)


class PurgeRun(models.Model):
    """One run. Without an end it is under way, or its process died; the next one takes over."""

    personal_data = NoPersonalData(because="times and counts of a run")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    started_at = models.DateTimeField(_("began"), db_index=True)
    ended_at = models.DateTimeField(_("ended"), null=True, db_index=True)
    deleted = models.PositiveIntegerField(_("deleted"), default=0)
    receipts = models.PositiveIntegerField(_("receipts"), default=0)
    undone = models.PositiveIntegerField(_("left undone"), default=0)

    objects: ClassVar[Any] = models.Manager.from_queryset(PurgeRunQuerySet)()

    class Meta:
        verbose_name = _("purge")
        verbose_name_plural = _("purges")

    def __str__(self) -> str:
        return str(self.id)

    @classmethod
    def last_complete(cls) -> datetime | None:
        """Return when a purge last came to its end with nothing left undone."""
        ends = cls.objects.complete().order_by("-ended_at").values_list("ended_at", flat=True)
        last: datetime | None = ends.first()
        return last


class Watch(models.Model):
    """The watch over the purge: one row. An outage is named by the moment it is counted from."""

    personal_data = NoPersonalData(because="times of a watch")

    since = models.DateTimeField()  # when somebody first looked: before that there was no service
    told_of = models.DateTimeField(null=True)  # the outage that the operators have been told of
    tried_at = models.DateTimeField(null=True)
    kept_told_on = models.DateField(null=True)  # when they last read what is kept past its date

    def __str__(self) -> str:
        return "watch"
