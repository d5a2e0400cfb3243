"""Receipts of deletion as a customer gets them: signed, each bound to the one before."""

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from smartsvar.ids import new_id
from smartsvar.personal_data import NoPersonalData
from smartsvar.vault.signing import SealedSeed


class SigningKey(models.Model):
    """A key of ours that signs; its public half is published, its seed lies sealed."""

    personal_data = NoPersonalData(because="a key of our own; says nothing about anyone")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=16, unique=True)  # of the public key's SHA-256, hex
    public = models.BinaryField()
    key_id = models.UUIDField()
    sealed = models.BinaryField()
    made_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("signing key")
        verbose_name_plural = _("signing keys")
        constraints = [
            models.UniqueConstraint(
                models.Value(1), condition=models.Q(retired_at=None), name="one_key_signs"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def seed(self) -> SealedSeed:
        return SealedSeed(self.key_id, bytes(self.sealed), bytes(self.public))


class SignedReceipt(models.Model):
    """What was destroyed of one customer's and had no receipt yet when a purge ended.

    `fact` is the JSON that was signed, byte for byte; `digest` its SHA-256, which the customer's
    next receipt names.
    """

    personal_data = NoPersonalData(because="counts per customer and model")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    customer_id = models.UUIDField()
    sequence = models.PositiveIntegerField()
    at = models.DateTimeField(_("signed"))
    count = models.PositiveIntegerField(_("deleted"))
    fact = models.TextField()
    digest = models.CharField(max_length=64)
    signature = models.CharField(max_length=88)  # base64

    class Meta:
        verbose_name = _("signed receipt of deletion")
        verbose_name_plural = _("signed receipts of deletion")
        indexes = [models.Index(fields=["customer_id", "-at", "-id"], name="signed_of_customer")]
        constraints = [
            models.UniqueConstraint(fields=["customer_id", "sequence"], name="one_link_per_place")
        ]

    def __str__(self) -> str:
        return str(self.id)

    def save(self, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("A receipt is never changed.")
        super().save(**kwargs)
