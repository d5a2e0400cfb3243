"""Announcements about the service, for everybody, in both languages."""

from datetime import datetime, timedelta
from typing import Any, ClassVar, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from smartsvar.ids import new_id
from smartsvar.personal_data import NoPersonalData

AHEAD = timedelta(days=7)  # how long before planned work Mina Sidor says so


class BulletinQuerySet(models.QuerySet["Bulletin"]):
    """What support took back is not there."""

    def shown(self) -> Self:
        return self.filter(taken_back=False).order_by("-starts_at", "-id")

    def under_way(self, at: datetime) -> Self:
        """Maintenance and disturbances that have begun at `at` and not ended."""
        open_still = models.Q(ends_at=None) | models.Q(ends_at__gt=at)
        troubles = self.shown().exclude(kind=Bulletin.Kind.NEWS)
        return troubles.filter(open_still, starts_at__lte=at)

    def coming(self, at: datetime) -> Self:
        """Maintenance that has not begun, the nearest first."""
        planned = self.shown().filter(kind=Bulletin.Kind.MAINTENANCE, starts_at__gt=at)
        return planned.order_by("starts_at", "id")

    def past(self, at: datetime) -> Self:
        """What has ended, and news; newest first."""
        ended = models.Q(ends_at__lte=at) | models.Q(kind=Bulletin.Kind.NEWS, starts_at__lte=at)
        return self.shown().filter(ended)

    def published(self, at: datetime) -> Self:
        """What may be told of already: what has begun, and maintenance that is planned."""
        planned = models.Q(kind=Bulletin.Kind.MAINTENANCE)
        return self.shown().filter(planned | models.Q(starts_at__lte=at))

    def disturbances(self, since: datetime, at: datetime) -> Self:
        """Disturbances that went on at any time between the two."""
        open_still = models.Q(ends_at=None) | models.Q(ends_at__gt=since)
        begun = self.shown().filter(kind=Bulletin.Kind.DISTURBANCE, starts_at__lt=at)
        return begun.filter(open_still)

    def pressing(self, at: datetime) -> Self:
        """What Mina Sidor says by itself: what is under way, and work within AHEAD."""
        open_still = models.Q(ends_at=None) | models.Q(ends_at__gt=at)
        soon = models.Q(kind=Bulletin.Kind.MAINTENANCE, starts_at__lte=at + AHEAD)
        now = models.Q(kind=Bulletin.Kind.DISTURBANCE, starts_at__lte=at)
        return self.shown().filter(open_still, soon | now).order_by("starts_at", "id")


class Bulletin(models.Model):
    """One announcement. A disturbance without an end goes on."""

    personal_data = NoPersonalData(because="published texts about the service")

    class Kind(models.TextChoices):
        MAINTENANCE = "maintenance", _("planned maintenance")
        DISTURBANCE = "disturbance", _("disturbance")
        NEWS = "news", _("news")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(_("kind"), max_length=11, choices=Kind)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(
        _("to"), null=True, blank=True, help_text=_("Empty while a disturbance goes on.")
    )
    title_sv = models.CharField(_("title in Swedish"), max_length=120)
    title_en = models.CharField(_("title in English"), max_length=120)
    text_sv = models.TextField(_("text in Swedish"), max_length=4000, blank=True)
    text_en = models.TextField(_("text in English"), max_length=4000, blank=True)
    changed_at = models.DateTimeField(_("changed"), editable=False)
    taken_back = models.BooleanField(
        _("taken back"), default=False, help_text=_("Shown nowhere any more.")
    )

    objects: ClassVar[Any] = models.Manager.from_queryset(BulletinQuerySet)()

    class Meta:
        verbose_name = _("announcement")
        verbose_name_plural = _("announcements")
        indexes = [models.Index(fields=["-starts_at"], name="bulletin_newest")]

    def __str__(self) -> str:
        return str(self.id)

    def clean(self) -> None:
        """Raise ValidationError for a span that is none, or maintenance without an end."""
        start: datetime | None = self.starts_at  # None where the form could not read it
        if self.ends_at and start is not None and self.ends_at <= start:
            raise ValidationError({"ends_at": _("It must end after it begins.")})
        if self.kind == self.Kind.MAINTENANCE and not self.ends_at:
            raise ValidationError({"ends_at": _("Say when the maintenance ends.")})

    @property
    def title(self) -> str:
        """The title in the reader's language."""
        return self.title_sv if get_language() == "sv" else self.title_en

    @property
    def text(self) -> str:
        """The text in the reader's language."""
        return self.text_sv if get_language() == "sv" else self.text_en
