"""That an account's people are to be told by mail of its erasure; one row per address."""

from datetime import datetime
from typing import Any, ClassVar, Self
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from smartsvar.leases import free
from smartsvar.personal_data import Basis, Category, Keep, PersonalData, Restrict, Role
from smartsvar.shredding.models import Shreddable, ShreddableQuerySet
from smartsvar.vault.models import CustomerKey
from smartsvar.vault.rows import SealedField


class NoticeKind(models.TextChoices):
    ASKED = "asked", _("asked for")
    CANCELLED = "cancelled", _("taken back")


class ErasureNoticeQuerySet(ShreddableQuerySet["ErasureNotice"]):
    def waiting(self, at: datetime) -> Self:
        """Those that are not sent and that no worker is at; in the order they came."""
        idle = free(at, "telling_until")
        return self.timely(at).filter(idle, settled_at=None).order_by("created_at", "id")


class ErasureNotice(Shreddable):
    """One mail: the row is the queue, and carries all that the mail needs.

    Sealed under the key that outlives the customer, and naming it by id alone: an erasure that
    begins at once may be done before the mail server has taken the mail. The address leaves the
    row when it has.
    """

    personal_data = PersonalData(
        category=Category.CONTACT,
        role=Role.CONTROLLER,
        purpose=_("Tell an account's people that its erasure was asked for or taken back"),
        basis=Basis.LEGAL_OBLIGATION,
        subject=_("administrator of the account"),
        keep=Keep(days=7, since="created_at"),
        export=("kind", "created_at", "asked_at", "starts_at", "settled_at", "address"),
        withhold={
            "customer_id": "technical",
            "erasure_id": "technical",
            "telling_until": "technical",
            "number": "the account's, in its own row",
            "language": "the account's, in its own row",
        },
        readable={
            "kind": "one of two words",
            "created_at": "retention is derived from it",
            "asked_at": "a time",
            "starts_at": "a time",
            "settled_at": "a time",
        },
        restrict=Restrict.NOTHING,
        # Article 32(1)(b), (2): who has taken over a sign-in must not destroy an account unseen.
        law=_("the duty to protect data from unlawful destruction (GDPR, article 32)"),
        processors=("hosting", "mail"),
    )
    key_class = CustomerKey.KeyClass.STATUTORY

    customer_id = models.UUIDField(editable=False)
    erasure_id = models.UUIDField(editable=False)
    kind = models.CharField(_("kind"), max_length=10, choices=NoticeKind)
    created_at = models.DateTimeField()
    asked_at = models.DateTimeField()
    starts_at = models.DateTimeField()
    telling_until = models.DateTimeField(null=True)  # a worker's lease on the mail
    settled_at = models.DateTimeField(null=True)  # sent, or given up

    address = SealedField("", help_text="Until the mail is sent.")
    number = SealedField(0, help_text="The customer's, whose row may be gone.")
    language = SealedField("")

    objects: ClassVar[Any] = models.Manager.from_queryset(ErasureNoticeQuerySet)()

    class Meta(Shreddable.Meta):
        verbose_name = _("notice of an erasure")
        verbose_name_plural = _("notices of erasures")
        indexes = [
            *Shreddable.Meta.indexes,
            models.Index(fields=["customer_id", "-created_at"], name="erasurenotice_list"),
            models.Index(
                fields=["created_at"],
                name="erasurenotice_open",
                condition=models.Q(settled_at=None),
            ),
        ]

    @property
    def vault_customer_id(self) -> UUID:
        return self.customer_id
