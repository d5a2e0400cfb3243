"""Rows that can be shredded, the jobs that do it, and the receipts that remain."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, ClassVar, Self, TypeVar
from uuid import UUID

from django.db import models, transaction
from django.db.models.functions import Now
from django.http import Http404
from django.utils.translation import gettext_lazy as _

from smartsvar.ids import new_id
from smartsvar.leases import Leased
from smartsvar.personal_data import Copy, Death, NoPersonalData, PersonalData, Spread
from smartsvar.vault.rows import SealedModel, SealedQuerySet

M = TypeVar("M", bound="Shreddable", covariant=True)


class Gone(Http404):
    """The row is being destroyed, or has been: to every door, not found."""


class Held(Exception):
    """A hold keeps the row from being destroyed."""


class ShreddableQuerySet(SealedQuerySet[M]):
    """Adjectives of time. A claimed or due row is invisible to every door, to the second."""

    def live(self, at: datetime | None = None) -> Self:
        """Rows that may be shown: unclaimed, unrestricted, not due at `at` (the database's now)."""
        return self.timely(at).filter(restricted=False)

    def timely(self, at: datetime | None = None) -> Self:
        """Rows that are neither claimed nor due, whether they are restricted or not."""
        due = models.Q(due_at=None) | models.Q(due_at__gt=at or Now())
        return self.filter(due, shred_job_id=None)

    def stored(self) -> Self:
        """Rows that we have and have not begun to destroy: restricted, held or due, all of them.

        For whoever answers for the data (an erasure, an export to the person), never for a door.
        """
        return self.filter(shred_job_id=None)

    def due(self, at: datetime) -> Self:
        """Rows that nobody claims or holds and whose stored date has come, oldest first."""
        ripe = self.filter(shred_job_id=None, held=False, due_at__lte=at)
        return ripe.order_by("due_at", "id")


class Shreddable(SealedModel):
    """A sealed row with a stored, derived date of destruction."""

    personal_data: ClassVar[PersonalData]
    takes_keys: ClassVar[Collection[str]] = ()  # classes of the customer's keys that go with it

    due_at = models.DateTimeField(null=True, editable=False)
    # Article 18: only stored. And: not to be destroyed for now.
    restricted = models.BooleanField(default=False, db_default=False, editable=False)
    held = models.BooleanField(default=False, db_default=False, editable=False)
    shred_job_id = models.UUIDField(null=True, editable=False)

    objects: ClassVar[models.Manager[Self]] = models.Manager.from_queryset(ShreddableQuerySet)()

    class Meta(SealedModel.Meta):
        abstract = True
        indexes = [
            # What is held stays out: the cost of a purge follows what is purged.
            models.Index(
                fields=["due_at", "id"], name="%(class)s_due", condition=models.Q(held=False)
            ),
            models.Index(
                fields=["shred_job_id"],
                name="%(class)s_claimed",
                condition=models.Q(shred_job_id__isnull=False),
            ),
        ]

    @classmethod
    def still_needed(cls, ids: Collection[UUID]) -> set[UUID]:
        """Return the rows among `ids` that must wait, because others need them."""
        return set()

    @classmethod
    def holding(cls) -> models.Q:
        """Which rows must not be destroyed, because a hold keeps them."""
        return models.Q(held=True)

    @classmethod
    def owners_holding(cls, owners: Collection[UUID]) -> set[UUID]:
        """Return which of these owners have everything of theirs held, now and until commit."""
        return set()

    def derive_due(self) -> datetime | None:
        """Return the date of destruction that the declaration and the customer's choice give."""
        return self.personal_data.keep.due(self)

    def save(self, **kwargs: Any) -> None:
        """Save with a newly derived date. Raises Gone when the row was claimed or is no more.

        Never writes the claim, a restriction or a hold: a copy read before them would undo them,
        or bring a shredded row back.
        """
        self.due_at = self.derive_due()
        if self._state.adding:
            super().save(**kwargs)
            return
        columns = {field.name for field in self._meta.concrete_fields if not field.primary_key}
        names = {*(kwargs.get("update_fields") or columns), "due_at"}
        kwargs["update_fields"] = names - {"shred_job_id", "restricted", "held"}
        with transaction.atomic():
            living = type(self)._base_manager.filter(pk=self.pk, shred_job_id=None)
            # Its key stays: rows that point at it are written meanwhile, and not waited for.
            if not living.select_for_update(no_key=True).values_list("pk"):
                raise Gone
            super().save(**kwargs)


class ShredJob(Leased):
    """A batch of claimed rows of one model on its way to destruction.

    A row while there is work; deleted with the rows, when receipts take its place.
    """

    personal_data = NoPersonalData(because="ids and states of a batch, without content")

    class State(models.TextChoices):
        CLAIMED = "claimed"
        LEDGERED = "ledgered"
        KEYS_GONE = "keys gone"
        BYTES_GONE = "bytes gone"

    class Reason(models.TextChoices):
        RETENTION = "retention"
        REQUEST = "request"
        ABANDONED = "abandoned"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    model = models.CharField(max_length=60)
    reason = models.CharField(max_length=20, choices=Reason)
    actor_kind = models.CharField(max_length=10)
    actor_id = models.UUIDField(null=True)
    state = models.CharField(max_length=12, choices=State, default=State.CLAIMED)
    lease_until = models.DateTimeField(db_index=True)
    fence = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    # A purge takes its rows out as it claims them: 48 bytes of ids each are left here.
    doomed = models.BinaryField(default=b"", editable=False)
    noted: Sequence[Any] = ()  # the same, opened, in the process that claimed
    along: Sequence[Any] = ()  # jobs for what goes with these rows, claimed with them

    class Meta:
        verbose_name = _("deletion under way")
        verbose_name_plural = _("deletions under way")

    def __str__(self) -> str:
        return str(self.id)


class Receipt(models.Model):
    """That so many rows of a customer and model were destroyed, when and why. Without content."""

    personal_data = NoPersonalData(because="counts per customer and model")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    job_id = models.UUIDField()
    customer_id = models.UUIDField()
    model = models.CharField(max_length=60)
    reason = models.CharField(max_length=20, choices=ShredJob.Reason)
    count = models.PositiveIntegerField()
    at = models.DateTimeField()
    signed_in = models.UUIDField(null=True, editable=False)  # the signed receipt that says so

    class Meta:
        verbose_name = _("receipt of deletion")
        verbose_name_plural = _("receipts of deletion")
        indexes = [
            models.Index(fields=["customer_id", "-at"], name="receipt_of_customer"),
            models.Index(
                fields=["customer_id"],
                name="receipt_unsigned",
                condition=models.Q(signed_in=None),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["job_id", "customer_id"], name="one_receipt_per_job_and_customer"
            )
        ]

    def __str__(self) -> str:
        return str(self.id)


class ErasedBatch(models.Model):
    """That the rows of one batch of the erasure ledger are gone from this database.

    Written with the deletion itself, so a restored database shows which batches it has forgotten.
    """

    personal_data = NoPersonalData(
        because="the random id of a batch, and a time",
        copies=(
            Copy(
                what=_("what is not sealed, in backups of the database"),
                of=Spread.UNSEALED,
                dies=Death.OVERWRITTEN,
                within="LEDGER_DAYS",
                because=_("a backup is thrown away whole; a restore deletes it again first"),
            ),
        ),
    )

    job_id = models.UUIDField(primary_key=True, editable=False)
    at = models.DateTimeField(auto_now_add=True, db_index=True)

    def __str__(self) -> str:
        return str(self.job_id)


class Mark(models.Model):
    """How far the main database has come: one row, counted up with the key store and the ledger."""

    personal_data = NoPersonalData(because="a number and a time")

    number = models.PositiveBigIntegerField(default=0)
    at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return str(self.number)
