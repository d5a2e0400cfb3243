"""What somebody who is no customer writes to us through the contact form."""

from typing import Any, ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from smartsvar.personal_data import Basis, Category, Keep, PersonalData, Restrict
from smartsvar.personal_data import Role as DataRole
from smartsvar.shredding.house import HouseOwned
from smartsvar.shredding.models import ShreddableQuerySet
from smartsvar.vault.index import blind_indexes
from smartsvar.vault.rows import BlindIndex, SealedField
from smartsvar.vault.second_factor import HOUSE


class EnquiryQuerySet(ShreddableQuerySet["Enquiry"]):
    def from_address(self, email: str) -> Self:
        """Those that came from this e-mail address, in capitals or not."""
        return self.filter(email_index__in=blind_indexes(HOUSE, "email", email.casefold()))

    def untold(self) -> Self:
        """Those of which the operators have not been mailed."""
        return self.live().filter(told_at=None).order_by("received_at", "id")


class Enquiry(HouseOwned):
    """A question to us. It belongs to no customer: the house's keys seal it."""

    personal_data = PersonalData(
        category=Category.CONTACT,
        role=DataRole.CONTROLLER,
        purpose=_("Answer who writes to us through the contact form"),
        # They wrote to be answered; nothing else is done with it, and never any advertising.
        basis=Basis.LEGITIMATE_INTEREST,
        subject=_("whoever writes to us"),
        # From the day it came: an enquiry that nobody marks as answered goes all the same.
        keep=Keep(months=6, since="received_at"),
        export=(
            "number", "source", "language", "received_at", "answered_at", "name", "email", "phone",
            "company", "matter",
        ),
        withhold={"told_at": "technical"},
        readable={
            "number": "a number we gave",
            "source": "where it came from, one word",
            "language": "the language of the answer",
            "received_at": "retention is derived from it",
            "answered_at": "a time",
        },
        restrict=Restrict.HIDE,
        processors=("hosting",),
    )  # fmt: skip

    class Source(models.TextChoices):
        """Where we have it from (article 14(2)(f) asks for it where it is not the person)."""

        FORM = "form", _("the person, by the contact form")

    number = models.PositiveIntegerField(_("number"), unique=True, editable=False)
    source = models.CharField(_("source"), max_length=10, choices=Source, default=Source.FORM)
    language = models.CharField(_("language"), max_length=2)
    received_at = models.DateTimeField(_("received"))
    answered_at = models.DateTimeField(_("answered"), null=True)
    told_at = models.DateTimeField(null=True)  # the mail to the operators
    email_index = BlindIndex(of="email", fold=True)

    name = SealedField("")
    email = SealedField("")
    phone = SealedField("", help_text="E.164, or empty.")
    company = SealedField("")
    matter = SealedField("")

    objects: ClassVar[Any] = models.Manager.from_queryset(EnquiryQuerySet)()

    class Meta(HouseOwned.Meta):
        verbose_name = _("enquiry")
        verbose_name_plural = _("enquiries")
        indexes = [
            *HouseOwned.Meta.indexes,
            models.Index(fields=["email_index"], name="enquiry_email"),
        ]
