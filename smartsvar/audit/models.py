"""Audit entries and the heads of their chains."""

from typing import Any, ClassVar, NoReturn, Self
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from smartsvar.ids import new_id
from smartsvar.personal_data import (
    Basis,
    Category,
    Erase,
    Keep,
    NoPersonalData,
    PersonalData,
    Restrict,
    Role,
)


class AppendOnly(models.QuerySet["AuditEntry"]):
    """Entries are added and read. Only the sealer and the pruner go beneath this."""

    def update(self, **kwargs: Any) -> NoReturn:
        raise TypeError("The audit trail is append-only.")

    def delete(self) -> NoReturn:
        raise TypeError("The audit trail is append-only.")

    def of(self, customer_id: UUID) -> Self:
        """Entries that concern this customer's data, newest first."""
        return self.filter(customer_id=customer_id).order_by("-at", "-id")


class AuditEntry(models.Model):
    """One fact: an actor (pseudonymous id), a verb, an object (model and id), a time."""

    personal_data = PersonalData(
        category=Category.HISTORY,
        role=Role.CONTROLLER,
        purpose=_("Show who saw, played, changed or deleted what"),
        basis=Basis.LEGAL_OBLIGATION,
        subject=_("member, support agent"),
        keep=Keep(months=24, since="at"),
        export=("actor_kind", "actor_id", "verb", "object_model", "object_id", "at"),
        withhold={
            "id": "technical",
            "customer_id": "technical",
            "position": "place in the chain",
            "hash": "link of the chain",
        },
        readable={
            "actor_id": "pseudonymous; the name is sealed elsewhere",
            "actor_kind": "says member, key, support or system",
            "verb": "what was done, never content",
            "object_model": "a model's name",
            "object_id": "pseudonymous",
            "at": "the trail is ordered by it",
        },
        erase=Erase.PRUNE,
        # Article 5(2), 32: without names; ids that name nobody any more.
        law=_("the duty to show what was done with personal data (GDPR, article 5.2)"),
        mentions={"actor_id": "member"},
        restrict=Restrict.NOTHING,
    )

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    customer_id = models.UUIDField(null=True)
    actor_kind = models.CharField(max_length=10)
    actor_id = models.UUIDField(null=True)
    verb = models.CharField(max_length=60)
    object_model = models.CharField(max_length=60)
    object_id = models.UUIDField(null=True)
    at = models.DateTimeField()
    position = models.BigIntegerField(null=True)
    hash = models.CharField(max_length=64, blank=True)  # hex: bulk inserts of text are fast

    objects: ClassVar[models.Manager[Self]] = models.Manager.from_queryset(AppendOnly)()

    class Meta:
        verbose_name = _("audit entry")
        verbose_name_plural = _("audit entries")
        indexes = [
            models.Index(fields=["customer_id", "-at", "-id"], name="audit_of_customer"),
            models.Index(
                fields=["customer_id", "id"],
                name="audit_unsealed",
                condition=models.Q(position=None),
            ),
            models.Index(fields=["object_id", "verb", "actor_id", "at"], name="audit_of_object"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["customer_id", "position"], name="audit_position_once", nulls_distinct=True
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    def save(self, **kwargs: Any) -> None:
        if not self._state.adding:
            raise TypeError("The audit trail is append-only.")
        super().save(**kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise TypeError("The audit trail is append-only.")


class AuditChain(models.Model):
    """The head of one customer's chain, and where its kept part begins.

    The entries of no customer form the chain with the nil UUID.
    """

    personal_data = NoPersonalData(because="positions and hashes of a chain")

    customer_id = models.UUIDField(primary_key=True)
    position = models.BigIntegerField(default=0)
    head = models.BinaryField(default=b"")
    pruned_to = models.BigIntegerField(default=0)
    pruned_hash = models.BinaryField(default=b"")

    def __str__(self) -> str:
        return str(self.customer_id)
