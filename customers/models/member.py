"""A user's role at a customer. One person may be member of several."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol, Self
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models.staff import StaffMember
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


class Sees(models.TextChoices):
    """Whose calls and messages a member is shown. Administrators are shown everybody's."""

    ALL = "all", _("All calls and messages")
    OWN = "own", _("Own calls and messages only")


class Concerning(Protocol):
    """A row that concerns one of the customer's staff: a call, a message."""

    customer_id: UUID
    staff_id: UUID | None


class Member(TenantOwned):
    """A person's membership: administrators decide, members also change, readers only read."""

    personal_data = PersonalData(
        category=Category.IDENTIFICATION,
        role=DataRole.CONTROLLER,
        purpose=_("Let the customer's people use Mina Sidor"),
        basis=Basis.CONTRACT,
        subject=_("member"),
        keep=Keep(months=24, since="customer.contract_ended_at"),
        export=("name", "role", "joined_at", "sees", "staff"),
        withhold={"customer": "technical", "user": "technical"},
        readable={
            "role": "one of three words",
            "joined_at": "a time",
            "sees": "one of two words",
            "staff": "pseudonymous id; the name is sealed",
        },
    )

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(_("role"), max_length=15, choices=Role)
    joined_at = models.DateTimeField(default=timezone.now, editable=False)
    sees = models.CharField(
        _("is shown"), max_length=3, choices=Sees, default=Sees.ALL, db_default=Sees.ALL
    )
    # Who the member is on the staff register: what makes a call one's own.
    staff = models.ForeignKey(StaffMember, null=True, on_delete=models.SET_NULL, related_name="+")

    name = SealedField("")
    asked_at: datetime  # the database's time as customers.access let the person in
    elsewhere: bool = False  # whether the same person is member of another customer, too

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

    @property
    def sees_all(self) -> bool:
        """Whether the member is shown everybody's calls and messages."""
        return self.is_administrator or self.sees == Sees.ALL

    def horizon(self) -> models.Q:
        """Return what narrows rows that concern somebody on the staff to those shown to the member.

        To `sees` own and nobody on the register, nothing is shown: not even what concerns nobody.
        """
        if self.sees_all:
            return models.Q()
        return models.Q(pk__in=[]) if self.staff_id is None else models.Q(staff_id=self.staff_id)

    def may_see(self, row: Concerning) -> bool:
        """Whether the row is within the horizon: the same rule, of a row that is at hand."""
        if row.customer_id != self.customer_id:
            return False
        return self.sees_all or (self.staff_id is not None and row.staff_id == self.staff_id)
