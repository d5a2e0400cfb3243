"""An invitation to become a member: a link by mail, good for two weeks and once."""

from datetime import datetime
from typing import Any, ClassVar, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models.member import Role, Sees
from customers.models.staff import StaffMember
from customers.models.tenancy import TenantOwned, TenantQuerySet
from smartsvar.leases import Leased, free
from smartsvar.personal_data import Basis, Category, Keep, PersonalData
from smartsvar.personal_data import Role as DataRole
from smartsvar.vault.rows import SealedField


class InvitationQuerySet(TenantQuerySet["Invitation"]):
    def open(self) -> Self:
        """Those whose link may still be used: neither accepted nor withdrawn while a hold stood."""
        return self.filter(ended_at=None)

    def waiting(self, at: datetime) -> Self:
        """Those whose mail is not sent and that no worker is at; in the order they came."""
        return self.open().live(at).filter(free(at), sent_at=None).order_by("created_at", "id")


class Invitation(TenantOwned, Leased):
    """Found by its token's hash; the token itself is sealed until the mail has gone out."""

    personal_data = PersonalData(
        category=Category.CONTACT,
        role=DataRole.CONTROLLER,
        purpose=_("Invite the customer's people to Mina Sidor"),
        basis=Basis.CONTRACT,
        subject=_("invited person"),
        keep=Keep(days=14, since="created_at"),
        export=("email", "name", "role", "sees", "staff", "created_at"),
        withhold={
            "customer": "technical",
            "token": "a secret",
            "token_hash": "a hash of a secret",
            "lease_until": "technical",
            "fence": "technical",
            "sent_at": "technical",
            "ended_at": "technical",
        },
        readable={
            "role": "one of three words",
            "sees": "one of two words",
            "staff": "pseudonymous id; the name is sealed",
            "created_at": "a time",
        },
        processors=("hosting", "mail"),
    )

    role = models.CharField(max_length=15, choices=Role)
    sees = models.CharField(
        _("is shown"), max_length=3, choices=Sees, default=Sees.ALL, db_default=Sees.ALL
    )
    staff = models.ForeignKey(StaffMember, null=True, on_delete=models.SET_NULL, related_name="+")
    token_hash = models.BinaryField(max_length=32, unique=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    sent_at = models.DateTimeField(null=True, editable=False)  # or given up
    # Used up or withdrawn, while a hold keeps the row: the link is dead, and no list shows it.
    ended_at = models.DateTimeField(null=True, editable=False)

    email = SealedField("")
    name = SealedField("")
    token = SealedField("")

    objects: ClassVar[Any] = models.Manager.from_queryset(InvitationQuerySet)()

    class Meta(TenantOwned.Meta):
        verbose_name = _("invitation")
        verbose_name_plural = _("invitations")
