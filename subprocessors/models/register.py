"""Who else touches the data, what for, where, and under which agreement (article 28(2) and (4))."""

from datetime import date
from typing import Any, ClassVar, Self

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from smartsvar.ids import new_id
from smartsvar.personal_data import (
    Basis,
    Category,
    Keep,
    NoPersonalData,
    PersonalData,
    Restrict,
    Role,
)
from smartsvar.regions import EEA
from smartsvar.shredding.house import HouseOwned
from smartsvar.vault.rows import SealedField
from subprocessors.places import country_name
from subprocessors.purposes import kinds_of_data


class Subprocessor(models.Model):
    """A company that we engage."""

    personal_data = NoPersonalData(because="companies; their contacts are with the agreement")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(_("company"), max_length=120)
    number = models.CharField(_("organisation number"), max_length=40, blank=True)
    country = models.CharField(_("country of the company"), max_length=2)
    website = models.URLField(_("website"), blank=True)

    class Meta:
        verbose_name = _("subprocessor")
        verbose_name_plural = _("subprocessors")

    def __str__(self) -> str:
        """Its id, as of every row: Django's admin log keeps what stands here."""
        return str(self.id)

    @property
    def country_name(self) -> str:
        return country_name(self.country)


class Agreement(HouseOwned):
    """What binds a subprocessor (article 28(4)), who answers there, and what audits found."""

    personal_data = PersonalData(
        category=Category.CONTACT,
        role=Role.CONTROLLER,
        purpose=_("Keep in touch with our subprocessors, and show that they are bound"),
        basis=Basis.LEGAL_OBLIGATION,
        subject=_("the subprocessor's contact"),
        keep=Keep(months=24, since="ended_at"),
        export=("contact_name", "contact_email"),
        withhold={
            "subprocessor": "a company",
            "signed_on": "an agreement's date",
            "review_on": "an agreement's date",
            "ended_at": "technical",
            "file_name": "an agreement between companies",
            "file": "an agreement between companies",
            "audits": "what was found about a company",
        },
        restrict=Restrict.NOTHING,
    )

    subprocessor = models.OneToOneField(
        Subprocessor, on_delete=models.PROTECT, related_name="agreement"
    )
    signed_on = models.DateField(_("agreement signed"), null=True, blank=True)
    review_on = models.DateField(_("to be reviewed"), null=True, blank=True)
    ended_at = models.DateTimeField(_("agreement ended"), null=True, blank=True)

    contact_name = SealedField("")
    contact_email = SealedField("")
    file_name = SealedField("")
    file = SealedField("", help_text="The signed agreement, a PDF in base64.")
    audits: ClassVar[Any] = SealedField[list[dict[str, str]]]([])

    class Meta(HouseOwned.Meta):
        verbose_name = _("agreement with a subprocessor")
        verbose_name_plural = _("agreements with subprocessors")


class EngagementQuerySet(models.QuerySet["Engagement"]):
    def current(self, on: date) -> Self:
        """Those in which data is processed that day."""
        running = models.Q(ends_on=None) | models.Q(ends_on__gt=on)
        told = models.Q(needs_notice=False) | models.Q(self.noticed())
        return self.filter(running, told, starts_on__lte=on).in_order()

    def announced(self, on: date) -> Self:
        """Those that customers have been told of and that have not begun."""
        return self.filter(self.noticed(), starts_on__gt=on).in_order()

    @staticmethod
    def noticed() -> models.Exists:
        """Whether customers were told, and could object, before the day it begins."""
        notices = apps.get_model("subprocessors.Notice").objects.beginning()
        mine = notices.filter(engagement=models.OuterRef("pk"))
        return models.Exists(mine.filter(takes_effect_on__lte=models.OuterRef("starts_on")))

    def in_order(self) -> Self:
        return self.select_related("subprocessor").order_by("subprocessor__name", "purpose", "id")


class Engagement(models.Model):
    """One purpose for which a subprocessor is engaged, and where it is done."""

    personal_data = NoPersonalData(because="what companies do for us, and where")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subprocessor = models.ForeignKey(
        Subprocessor,
        on_delete=models.PROTECT,
        related_name="engagements",
        verbose_name=_("subprocessor"),
    )
    purpose = models.CharField(_("engaged for"), max_length=30)
    country = models.CharField(_("country where data is processed"), max_length=2)
    # Chapter V: outside the EEA only with an adequacy decision or safeguards of article 46.
    safeguard = models.CharField(
        _("safeguard for transfers (art. 45–46)"),
        max_length=300,
        blank=True,
        help_text=_("Required outside the EU and EEA: which decision or which clauses."),
    )
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)
    # Entered when there were customers to tell: does not begin without a notice (article 28(2)).
    needs_notice = models.BooleanField(default=False, editable=False)

    objects: ClassVar[Any] = models.Manager.from_queryset(EngagementQuerySet)()

    class Meta:
        verbose_name = _("engagement")
        verbose_name_plural = _("engagements")
        constraints = [
            models.CheckConstraint(
                condition=models.Q(country__in=sorted(EEA)) | ~models.Q(safeguard=""),
                name="no_transfer_without_a_safeguard",
            ),
            models.CheckConstraint(
                condition=models.Q(ends_on=None) | models.Q(ends_on__gte=models.F("starts_on")),
                name="engagement_ends_after_it_starts",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    def clean(self) -> None:
        """Raise ValidationError for a place outside the EEA without a recorded safeguard."""
        self.country, self.safeguard = self.country.upper(), self.safeguard.strip()
        if self.country not in EEA and not self.safeguard:
            told = _("Outside the EU and EEA a safeguard must be recorded (articles 44–46 GDPR).")
            raise ValidationError({"safeguard": told})
        starts_on: date | None = self.starts_on  # None where the form could not read it
        if self.ends_on and starts_on is not None and self.ends_on < starts_on:
            raise ValidationError({"ends_on": _("It cannot end before it begins.")})

    @property
    def outside(self) -> bool:
        """Whether it is a transfer to a third country."""
        return self.country not in EEA

    @property
    def country_name(self) -> str:
        return country_name(self.country)

    @property
    def data(self) -> list[str]:
        """The kinds of data it touches: what the declarations say of its purpose."""
        return kinds_of_data(self.purpose)
