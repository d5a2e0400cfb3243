"""A customer: the company whose calls are answered, and the key of everything it owns."""

from collections.abc import Collection
from datetime import date, timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import ManyToOneRel
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from smartsvar.clock import STOCKHOLM
from smartsvar.personal_data import Basis, Category, Keep, PersonalData
from smartsvar.personal_data import Role as DataRole
from smartsvar.shredding.models import Shreddable, ShreddableQuerySet
from smartsvar.vault.rows import SealedField


class Customer(Shreddable):
    """The tenant. `number` names it in addresses: the company's name may be a person's."""

    personal_data = PersonalData(
        category=Category.CONTACT,
        role=DataRole.CONTROLLER,
        purpose=_("Run the customer's account"),
        basis=Basis.CONTRACT,
        subject=_("the customer's contact"),
        keep=Keep(months=24, since="contract_ended_at"),
        export=(
            "number", "company_name", "organisation_number", "contact_name", "phone", "email",
            "language", "opened_at", "contract_ended_at", "recording_days", "closes_at",
        ),
        withhold={"dates_pending_since": "technical", "going_since": "technical"},
        readable={
            "number": "a number we gave",
            "language": "a choice of two",
            "opened_at": "a time",
            "contract_ended_at": "retention is derived from it",
            "recording_days": "retention is derived from it",
            "closes_at": "a time",
        },
    )  # fmt: skip

    # Bookkeeping and agreements outlive the customer, under its `statutory` key.
    takes_keys = ("content", "index")

    number = models.PositiveIntegerField(_("customer number"), unique=True, editable=False)
    language = models.CharField(
        _("language"), max_length=2, choices=[("sv", "Svenska"), ("en", "English")], default="sv"
    )
    opened_at = models.DateTimeField(default=timezone.now, editable=False)
    contract_ended_at = models.DateTimeField(null=True, blank=True, editable=False)
    recording_days = models.PositiveSmallIntegerField(
        _("days to keep recordings"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
    )

    closes_at = models.DateTimeField(_("to be erased"), null=True, editable=False)
    going_since = models.DateTimeField(null=True, editable=False)  # its erasure took its first rows
    dates_pending_since = models.DateTimeField(null=True, editable=False)  # not yet derived again

    company_name = SealedField("", help_text="May be a person's, for a sole trader.")
    organisation_number = SealedField("", help_text="A personnummer, for a sole trader.")
    contact_name = SealedField("")
    phone = SealedField("")
    email = SealedField("", help_text="Where messages go that concern nobody in particular.")

    objects: ClassVar[Any] = models.Manager.from_queryset(ShreddableQuerySet)()

    class Meta(Shreddable.Meta):
        verbose_name = _("customer")
        verbose_name_plural = _("customers")

    @classmethod
    def still_needed(cls, ids: Collection[UUID]) -> set[UUID]:
        """Customers that own something with a key of its own: that must go first."""
        needed: set[UUID] = set()
        for relation in cls._meta.get_fields(include_hidden=True):
            if not isinstance(relation, ManyToOneRel):
                continue
            child, name = relation.related_model, relation.field.attname
            if issubclass(child, Shreddable):
                owned = child._base_manager.filter(**{f"{name}__in": ids}).order_by()
                needed |= set(owned.values_list(name, flat=True).distinct())
        return needed

    @property
    def last_day(self) -> date | None:
        """The contract's last day in Sweden; None while nobody has noted that it ends."""
        if self.contract_ended_at is None:
            return None
        return (self.contract_ended_at - timedelta(microseconds=1)).astimezone(STOCKHOLM).date()

    @property
    def vault_customer_id(self) -> UUID:
        return self.id
