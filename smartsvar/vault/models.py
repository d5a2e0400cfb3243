"""Wrapped keys, in a database of their own (alias `keys`), backed up apart and for seven days."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from smartsvar.ids import new_id
from smartsvar.personal_data import Copy, Death, NoPersonalData, Spread

KEY_MATERIAL = NoPersonalData(
    because="wrapped key material and random ids; says nothing about anyone"
)


class CustomerKey(models.Model):
    """A customer's key of one class and epoch, wrapped by the root key.

    `content` is destroyed by the customer's erasure; `statutory` outlives it (invoices,
    agreements, certificates); `index` computes blind indexes and goes with `content`. A rotation
    makes the next epoch; the old one is destroyed when nothing is left under it.
    """

    personal_data = KEY_MATERIAL

    class KeyClass(models.TextChoices):
        CONTENT = "content"
        STATUTORY = "statutory"
        INDEX = "index"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    customer_id = models.UUIDField()
    key_class = models.CharField(max_length=16, choices=KeyClass)
    epoch = models.PositiveIntegerField(default=1)
    wrapped = models.BinaryField()
    root_name = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer_id", "key_class", "epoch"], name="one_key_per_class_and_epoch"
            )
        ]

    def __str__(self) -> str:
        return str(self.id)


class RecordKey(models.Model):
    """A record's random data key, wrapped by its customer's. Destroying it is the deletion."""

    personal_data = NoPersonalData(
        because=KEY_MATERIAL.because,
        copies=(
            Copy(
                what=_("sealed rows in backups of the database"),
                of=Spread.SEALED,
                dies=Death.WITH_KEY,
            ),
            Copy(
                what=_("sealed audio in backups and old versions of the storage"),
                of=Spread.AUDIO,
                dies=Death.WITH_KEY,
            ),
            Copy(
                what=_("sealed audio of an upload that is under way or was broken off"),
                of=Spread.AUDIO,
                dies=Death.WITH_KEY,
                because=_(
                    "the sweep removes what was broken off from our disk and from the storage"
                ),
            ),
        ),
    )

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    customer_key = models.ForeignKey(CustomerKey, on_delete=models.CASCADE, related_name="+")
    model = models.CharField(max_length=60)
    object_id = models.UUIDField()
    wrapped = models.BinaryField()
    created_at = models.DateTimeField(auto_now_add=True, db_index=True)

    def __str__(self) -> str:
        return str(self.id)


class DestroyedBatch(models.Model):
    """That the keys of one batch of the erasure ledger are destroyed in this database.

    Written with the deletion itself, so a restored key store shows which batches it has forgotten.
    """

    personal_data = NoPersonalData(because="the random id of a batch, and a time")

    job_id = models.UUIDField(primary_key=True, editable=False)
    at = models.DateTimeField(auto_now_add=True, db_index=True)

    def __str__(self) -> str:
        return str(self.job_id)


class KeysMark(models.Model):
    """How far the key store has come: one row, counted up with the main database and the ledger.

    `shredded_at` and `rewritten_at` say whether destroyed keys may still lie in the store's files.
    """

    personal_data = NoPersonalData(because="a number and times")

    number = models.PositiveBigIntegerField(default=0)
    at = models.DateTimeField(auto_now=True)
    shredded_at = models.DateTimeField(null=True)
    rewritten_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.number)
