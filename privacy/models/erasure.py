"""An erasure (article 17): asked for, carried out in batches, in the end its own certificate."""

from datetime import datetime
from typing import Any, ClassVar, Self
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import Target
from smartsvar.leases import Leased, free
from smartsvar.personal_data import (
    Basis,
    Category,
    Keep,
    NoPersonalData,
    PersonalData,
    Restrict,
    Role,
)
from smartsvar.shredding.models import Shreddable, ShreddableQuerySet
from smartsvar.vault.models import CustomerKey
from smartsvar.vault.rows import SealedField


class ErasureState(models.TextChoices):
    WAITING = "waiting", _("waits until its time")
    RUNNING = "running", _("under way")
    HELD = "held", _("waits for a hold to end")
    DONE = "done", _("done")
    CANCELLED = "cancelled", _("cancelled")


class Mentions(models.TextChoices):
    """What is to become of others' records that name the erased person."""

    STAY = "stay", _("They stay, without the name")
    GO = "go", _("They are erased too")


class ErasureQuerySet(ShreddableQuerySet["Erasure"]):
    def open(self) -> Self:
        """Those that are neither done nor cancelled."""
        closed = [ErasureState.DONE, ErasureState.CANCELLED]
        return self.stored().exclude(state__in=closed)

    def ready(self, at: datetime) -> Self:
        """Those to be carried on now, that no worker holds; oldest first."""
        return self.open().filter(free(at), starts_at__lte=at).order_by("starts_at", "id")


class Erasure(Shreddable, Leased):
    """One erasure: the request, the work's state, and what was destroyed and what stayed.

    Names its customer by id alone, and is sealed under the key that outlives the customer: it
    must still be there when all else is gone. The address of an erased caller leaves the row when
    the work is done.
    """

    personal_data = PersonalData(
        category=Category.HISTORY,
        role=Role.CONTROLLER,
        purpose=_("Carry out erasures, and show afterwards that it was done"),
        basis=Basis.LEGAL_OBLIGATION,
        subject=_("whoever asked for erasure"),
        keep=Keep(months=24, since="closed_at"),
        export=(
            "target", "object_model", "object_id", "mentions", "state", "asked_at", "starts_at",
            "closed_at", "caller", "certificate",
        ),
        withhold={
            "customer_id": "technical",
            "asked_by_kind": "technical",
            "asked_by": "technical",
            "lease_until": "technical",
            "fence": "technical",
            "people": "ids, gone when the work is done",
            "waiting": "ids, gone when the work is done",
            "calls": "hashes of calls' ids, gone when the work is done",
        },
        readable={
            "target": "one of five words",
            "object_model": "a model's name",
            "object_id": "pseudonymous id",
            "mentions": "one of two words",
            "state": "a state",
            "asked_at": "a time",
            "starts_at": "work is ordered by it",
            "closed_at": "retention is derived from it",
        },
        restrict=Restrict.NOTHING,
        # Article 5(2): that an erasure was carried out must be possible to show.
        law=_("the duty to show that requests are honoured (GDPR, article 5.2)"),
    )  # fmt: skip
    key_class = CustomerKey.KeyClass.STATUTORY

    customer_id = models.UUIDField(editable=False)
    target = models.CharField(_("about"), max_length=10, choices=Target)
    object_model = models.CharField(max_length=60, blank=True)
    object_id = models.UUIDField(null=True)
    mentions = models.CharField(max_length=4, choices=Mentions, default=Mentions.STAY)
    state = models.CharField(
        _("state"), max_length=10, choices=ErasureState, default=ErasureState.WAITING
    )
    asked_at = models.DateTimeField(_("asked for"))
    starts_at = models.DateTimeField(_("begins"))
    closed_at = models.DateTimeField(_("ended"), null=True)
    asked_by_kind = models.CharField(max_length=10)
    asked_by = models.UUIDField(null=True)

    caller = SealedField("", help_text="Number (E.164) or e-mail, until the work is done.")
    people: Any = SealedField[list[str]]([])  # sign-ins to end when their members went
    waiting: Any = SealedField[list[list[str]]]([])  # [model, id] of what a hold kept
    calls: Any = SealedField[list[str]]([])  # a caller's: what has no number is found by them
    certificate: Any = SealedField[dict[str, Any]]({})

    objects: ClassVar[Any] = models.Manager.from_queryset(ErasureQuerySet)()

    class Meta(Shreddable.Meta):
        verbose_name = _("erasure")
        verbose_name_plural = _("erasures")
        indexes = [
            *Shreddable.Meta.indexes,
            models.Index(fields=["customer_id", "-asked_at"], name="erasure_list"),
            models.Index(
                fields=["starts_at"], name="erasure_open", condition=models.Q(closed_at=None)
            ),
        ]

    @property
    def vault_customer_id(self) -> UUID:
        return self.customer_id

    @property
    def open(self) -> bool:
        return self.closed_at is None


class ErasureBatch(models.Model):
    """That a batch of destruction belongs to an erasure: its receipts say what went.

    `along`: how many rows of which model had no key of their own and went with those.
    """

    personal_data = NoPersonalData(because="random ids of batches, and counts")

    job_id = models.UUIDField(primary_key=True, editable=False)
    erasure = models.ForeignKey(Erasure, on_delete=models.CASCADE, related_name="batches")
    along = models.JSONField(default=dict, db_default=models.Value({}, models.JSONField()))

    def __str__(self) -> str:
        return str(self.job_id)
