"""The public policy as it has stood: what was published, and since when."""

from datetime import datetime
from typing import Any, ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from smartsvar.ids import new_id
from smartsvar.personal_data import NoPersonalData


class PolicyVersionQuerySet(models.QuerySet["PolicyVersion"]):
    def newest_first(self) -> Self:
        return self.order_by("-seen_at", "-id")

    def before(self, moment: datetime) -> Self:
        """Those that stood earlier than this moment, newest first."""
        return self.filter(seen_at__lt=moment).newest_first()


class PolicyVersion(models.Model):
    """One version in one language. `content` is the document, as `versions.as_content` writes it.

    Never changed and never deleted: what we once promised must be possible to read.
    """

    personal_data = NoPersonalData(
        because="a published text; it names nobody but who publicly answers for the service"
    )

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    language = models.CharField(_("language"), max_length=2)
    digest = models.CharField(_("hash"), max_length=64)  # SHA-256 of the content, in hexadecimal
    seen_at = models.DateTimeField(_("first seen"))
    content = models.JSONField()

    objects: ClassVar[Any] = models.Manager.from_queryset(PolicyVersionQuerySet)()

    class Meta:
        verbose_name = _("version of the policy")
        verbose_name_plural = _("versions of the policy")
        # The same text may come back after another: that is a version of its own.
        constraints = [
            models.UniqueConstraint(fields=["language", "seen_at"], name="policy_version_once")
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def short_digest(self) -> str:
        """Enough of the hash to tell versions apart by."""
        return self.digest[:12]
