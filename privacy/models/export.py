"""An export: who asked for what about whom, how far it has come, and what is in it, by id."""

from collections.abc import Collection
from typing import Any, ClassVar, Self
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import Customer, Target, TenantOwned, TenantQuerySet
from privacy.models.case import Case
from smartsvar.leases import Leased
from smartsvar.personal_data import (
    Basis,
    Category,
    Copy,
    Death,
    Erase,
    Keep,
    PersonalData,
    Restrict,
    Role,
    Spread,
)
from smartsvar.vault.rows import BlindIndex, SealedField, SealedModel


class ExportState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    COLLECTING = "collecting", _("being collected")
    READY = "ready", _("ready")
    FAILED = "failed", _("failed")


class Export(TenantOwned, Leased):
    """One export (articles 15 and 20). It owns no content: the archive is made as it is read."""

    personal_data = PersonalData(
        category=Category.HISTORY,
        role=Role.CONTROLLER,
        purpose=_("Hand over what we hold about a person or an account"),
        basis=Basis.LEGAL_OBLIGATION,
        subject=_("whoever asks"),
        keep=Keep(days=7, since="asked_at"),
        export=(
            "target", "object_model", "object_id", "language", "state", "asked_at", "ready_at",
            "caller",
        ),
        withhold=dict.fromkeys(
            ("customer", "case", "closes_case", "total", "done", "left_out", "size", "parts",
             "pages_made", "at_portion", "after", "lease_until", "fence", "failures", "told_at",
             "asked_by_kind", "asked_by"), "technical",
        ),
        readable={
            "target": "one of five words",
            "object_model": "a model's name",
            "object_id": "pseudonymous id",
            "language": "a choice of two",
            "state": "a state",
            "asked_at": "retention is derived from it",
            "ready_at": "a time",
        },
        restrict=Restrict.NOTHING,
        callers=("caller",),
        mentions={"asked_by": "member"},
        processors=("hosting", "mail"),
        copies=(
            Copy(
                what=_("The archive that was downloaded"),
                of=Spread.EXPORTED,
                dies=Death.HANDED_OVER,
                because=_("It is given to whoever asked and stored nowhere by us."),
            ),
        ),
    )  # fmt: skip

    case = models.ForeignKey(Case, null=True, on_delete=models.SET_NULL, related_name="+")
    closes_case = models.BooleanField(default=False)  # opened with it, so answered by it
    target = models.CharField(_("about"), max_length=10, choices=Target)
    object_model = models.CharField(max_length=60, blank=True)
    object_id = models.UUIDField(null=True)
    language = models.CharField(
        _("language"), max_length=2, choices=[("sv", "Svenska"), ("en", "English")], default="sv"
    )
    state = models.CharField(
        _("state"), max_length=10, choices=ExportState, default=ExportState.WAITING
    )
    asked_at = models.DateTimeField(_("asked for"))
    asked_by_kind = models.CharField(max_length=10)
    asked_by = models.UUIDField(null=True)
    ready_at = models.DateTimeField(_("ready"), null=True)
    told_at = models.DateTimeField(null=True)  # when the mail went out, or was given up

    total = models.PositiveIntegerField(null=True)  # rows found when collecting began
    done = models.PositiveIntegerField(default=0)
    left_out = models.PositiveIntegerField(default=0)
    size = models.PositiveBigIntegerField(_("size (bytes)"), default=0)
    parts = models.PositiveIntegerField(default=1)
    pages_made = models.PositiveIntegerField(default=0)
    at_portion = models.CharField(max_length=80, blank=True)  # the cursor: which portion …
    after = models.CharField(max_length=40, blank=True)  # … and behind which of its rows
    caller_index = BlindIndex(of="caller", fold=True)
    failures = models.PositiveSmallIntegerField(default=0)

    caller = SealedField("", help_text="Number (E.164) or e-mail, when it is about a caller.")

    objects: ClassVar[Any] = models.Manager.from_queryset(TenantQuerySet)()

    class Meta(TenantOwned.Meta):
        verbose_name = _("export")
        verbose_name_plural = _("exports")
        indexes = [
            *TenantOwned.Meta.indexes,
            models.Index(fields=["customer", "-asked_at", "-id"], name="export_list"),
            models.Index(fields=["customer", "caller_index"], name="export_caller"),
            models.Index(
                fields=["asked_at"],
                name="export_unfinished",
                condition=models.Q(state__in=["waiting", "collecting"]),
            ),
        ]

    # It is how that caller's right is met, and a hold keeps what it lists.
    goes_with_caller = False

    def mine(self) -> models.QuerySet[Self]:
        """Select this row as long as it is not being deleted, either."""
        return super().mine().filter(shred_job_id=None)

    @classmethod
    def holding(cls) -> models.Q:
        """Only a hold of its own: a customer's keeps what an export lists, never the list."""
        return models.Q(held=True)

    @classmethod
    def owners_holding(cls, owners: Collection[UUID]) -> set[UUID]:
        return set()


class ExportPage(SealedModel):
    """A page of what an export lists: ids and hashes of rows of one model, sealed with it."""

    personal_data = PersonalData(
        category=Category.HISTORY,
        role=Role.CONTROLLER,
        purpose=_("Hand over what we hold about a person or an account"),
        basis=Basis.LEGAL_OBLIGATION,
        subject=_("whoever asks"),
        keep=Keep(with_parent="export"),
        export=(),
        withhold={
            **dict.fromkeys(
                ("customer", "export", "number", "part", "portion", "count", "size", "files"),
                "technical",
            ),
            "items": "ids and hashes of what the export itself hands over",
        },
        erase=Erase.WITH_PARENT,
        restrict=Restrict.NOTHING,
        copies=(
            Copy(
                what=_("The list of what an export holds"),
                of=Spread.EXPORTED,
                dies=Death.NAMES_ONLY,
                because=_("Ids and hashes: the content is read from its source when downloaded."),
            ),
        ),
    )
    sealed_under = "export"

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    export = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="pages")
    number = models.PositiveIntegerField()
    part = models.PositiveIntegerField()
    portion = models.CharField(max_length=80)
    count = models.PositiveIntegerField()
    size = models.PositiveBigIntegerField()
    files = models.PositiveIntegerField()

    items = SealedField[list[list[Any]]]([])

    class Meta(SealedModel.Meta):
        verbose_name = _("page of an export")
        verbose_name_plural = _("pages of exports")
        constraints = [
            models.UniqueConstraint(fields=["export", "number"], name="export_page_once")
        ]
