"""A user's role at a customer. One person may be member of several."""

from collections.abc import Sequence
from typing import Self

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models.tenancy import TenantOwned
from customers.models.user import User
from smartsvar.audit.actors import Actor
from smartsvar.personal_data import Basis, Category, Keep, PersonalData
from smartsvar.personal_data import Role as DataRole
from smartsvar.vault.rows import SealedField


class Role(models.TextChoices):
    """What a member may do. Each role may do what the one below it may."""

    ADMINISTRATOR = "administrator", _("Administrator")
    MEMBER = "member", _("Member")
    READER = "reader", _("Reader")


class Member(TenantOwned):
    """A person's membership: administrators decide, members also change, readers only read."""

    personal_data = PersonalData(
        category=Category.IDENTIFICATION,
        role=DataRole.CONTROLLER,
        purpose=_("Let the customer's people use Mina Sidor"),
        basis=Basis.CONTRACT,
        subject=_("member"),
        keep=Keep(months=24, since="customer.contract_ended_at"),
        export=("name", "role", "joined_at"),
        withhold={"customer": "technical", "user": "technical"},
        readable={"role": "one of three words", "joined_at": "a time"},
    )

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(_("role"), max_length=15, choices=Role)
    joined_at = models.DateTimeField(default=timezone.now, editable=False)

    name = SealedField("")

    class Meta(TenantOwned.Meta):
        verbose_name = _("member")
        verbose_name_plural = _("members")
        constraints = [
            models.UniqueConstraint(fields=["customer", "user"], name="member_once_per_customer")
        ]

    @classmethod
    def prepare(cls, rows: Sequence[Self]) -> None:
        """Seal what is to be saved, by save or bulk_create; refuse support staff."""
        for row in rows:
            row.clean()
        super().prepare(rows)

    def clean(self) -> None:
        """Raise ValidationError for support staff: a membership would be a way to the calls."""
        if self.user.is_staff:
            raise ValidationError("Support staff cannot be members of a customer.")

    @property
    def actor(self) -> Actor:
        """How the audit trail names this member."""
        return Actor("member", self.id)

    @property
    def is_administrator(self) -> bool:
        return self.role == Role.ADMINISTRATOR

    @property
    def may_change(self) -> bool:
        """Whether this member may change the staff register and delete calls and messages."""
        return self.role in {Role.ADMINISTRATOR, Role.MEMBER}
