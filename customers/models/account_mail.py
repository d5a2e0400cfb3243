"""A mail to a person about its own sign-in, until the mail server has taken it."""

from datetime import datetime
from typing import Any, ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from smartsvar.leases import free
from smartsvar.personal_data import Basis, Category, Keep, PersonalData, Restrict
from smartsvar.personal_data import Role as DataRole
from smartsvar.shredding.house import HouseOwned
from smartsvar.shredding.models import ShreddableQuerySet
from smartsvar.vault.rows import SealedField


class AccountMailQuerySet(ShreddableQuerySet["AccountMail"]):
    def waiting(self, at: datetime) -> Self:
        """Those that are not sent and that no worker is at; in the order they came."""
        idle = free(at, "sending_until")
        return self.timely(at).filter(idle, sent_at=None).order_by("created_at", "id")


class AccountMail(HouseOwned):
    """One mail: the row is the queue. What it says leaves the row as it is sent.

    A link to choose a new password is a secret: it waits sealed, as an invitation's does.
    """

    personal_data = PersonalData(
        category=Category.CONTACT,
        role=DataRole.CONTROLLER,
        purpose=_("Mail people what happens to their sign-in, and the links they ask for"),
        basis=Basis.CONTRACT,
        subject=_("member, support agent, whoever asks for a new password"),
        keep=Keep(days=1, since="created_at"),
        export=("created_at", "sent_at", "language", "address"),
        withhold={
            "user_id": "technical",
            "sending_until": "technical",
            "subject": "in the mail itself",
            "text": "in the mail itself; it may hold a secret",
        },
        readable={
            "created_at": "retention is derived from it",
            "sent_at": "a time",
            "language": "a choice of two",
        },
        restrict=Restrict.NOTHING,
        processors=("hosting", "mail"),
    )

    user_id = models.UUIDField(null=True, editable=False)  # null: nobody signs in with the address
    created_at = models.DateTimeField()
    sending_until = models.DateTimeField(null=True)  # a worker's lease on the mail
    sent_at = models.DateTimeField(null=True)  # or given up
    language = models.CharField(max_length=2)

    address = SealedField("", help_text="Until the mail is sent.")
    subject = SealedField("")
    text = SealedField("")

    objects: ClassVar[Any] = models.Manager.from_queryset(AccountMailQuerySet)()

    class Meta(HouseOwned.Meta):
        verbose_name = _("mail about a sign-in")
        verbose_name_plural = _("mails about sign-ins")
        indexes = [
            *HouseOwned.Meta.indexes,
            models.Index(
                fields=["created_at"], name="accountmail_open", condition=models.Q(sent_at=None)
            ),
        ]
