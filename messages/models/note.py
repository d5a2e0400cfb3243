"""What the customer's members write about a message."""

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models import Customer, Member
from smartsvar.personal_data import Basis, Category, Erase, Keep, PersonalData, Role
from smartsvar.vault.rows import SealedField, SealedModel


class MessageNote(SealedModel):
    """A member's note on a message. Sealed under the message's key and deleted with it.

    It is writing about the caller: whoever asks about the caller gets it, and an erasure takes it.
    One that its writer takes out before is gone from the table; its key is the message's, and goes
    with that.
    """

    personal_data = PersonalData(
        category=Category.MESSAGE,
        role=Role.PROCESSOR,
        purpose=_("Let the customer's people note what they did about a message"),
        basis=Basis.CUSTOMER_INSTRUCTION,
        subject=_("caller"),
        keep=Keep(with_parent="message"),
        export=("author", "written_at", "changed_at", "text"),
        withhold={"customer": "technical", "message": "technical"},
        readable={
            "author": "pseudonymous id; the name is sealed",
            "written_at": "notes are ordered by it",
            "changed_at": "a time",
        },
        erase=Erase.WITH_PARENT,
        mentions={"author": "member"},
    )
    sealed_under: ClassVar[str] = "message"

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    message = models.ForeignKey(
        "phone_messages.PhoneMessage", on_delete=models.CASCADE, related_name="notes"
    )
    # Null: a former member. What was written stays with the message.
    author = models.ForeignKey(Member, null=True, on_delete=models.SET_NULL, related_name="+")
    written_at = models.DateTimeField(_("written"), default=timezone.now)
    changed_at = models.DateTimeField(_("changed"), null=True)

    text = SealedField("")

    class Meta(SealedModel.Meta):
        verbose_name = _("note on a message")
        verbose_name_plural = _("notes on messages")
