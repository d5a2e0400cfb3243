"""Terms, service terms and service levels by version, and which customer has accepted which."""

from datetime import date, datetime
from typing import Any, ClassVar, Self

from django.db import models
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from customers.models import Customer, TenantOwned
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
from smartsvar.vault.rows import SealedField


class TermsKind(models.TextChoices):
    GENERAL = "general", _("General terms")
    SERVICE = "service", _("Service terms")
    LEVEL = "level", _("Service level (SLA)")


class TermsQuerySet(models.QuerySet["Terms"]):
    def published(self) -> Self:
        """Those that everybody may read, the one that begins last first."""
        return self.exclude(published_at=None).order_by("-valid_from", "-published_at")

    def newest(self) -> Self:
        """The version of each kind that begins last: the one that customers are to accept."""
        same = Terms.objects.published().filter(kind=models.OuterRef("kind"))
        return self.filter(id=models.Subquery(same.values("id")[:1]))


class Terms(models.Model):
    """One version of one kind, in both languages. From the moment it is published it is fixed."""

    personal_data = NoPersonalData(because="a published text about a service")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(_("kind"), max_length=7, choices=TermsKind)
    valid_from = models.DateField(_("valid from"))
    text_sv = models.TextField(_("text in Swedish"))
    text_en = models.TextField(_("text in English"))
    written_at = models.DateTimeField(_("written"))
    published_at = models.DateTimeField(_("published"), null=True)

    objects: ClassVar[Any] = models.Manager.from_queryset(TermsQuerySet)()

    class Meta:
        verbose_name = _("version of terms")
        verbose_name_plural = _("versions of terms")
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "valid_from"],
                condition=models.Q(published_at__isnull=False),
                name="one_published_version_a_day",
            )
        ]

    def __str__(self) -> str:
        return str(self.id)

    def get_absolute_url(self) -> str:
        """The version's public page."""
        return reverse("privacy:terms_version", args=[self.pk])

    @property
    def text(self) -> str:
        """The text in the reader's language."""
        return self.text_sv if get_language() == "sv" else self.text_en

    def coming(self, on: date) -> bool:
        """Whether it begins after that day."""
        return self.valid_from > on


class Acceptance(TenantOwned):
    """That somebody accepted a version for the customer: an act, never inferred from use."""

    personal_data = PersonalData(
        category=Category.HISTORY,
        role=Role.CONTROLLER,
        purpose=_("Show which terms a customer has accepted, when, and by whom"),
        basis=Basis.CONTRACT,
        subject=_("whoever accepts for the customer"),
        keep=Keep(months=24, since="customer.contract_ended_at"),
        export=("terms", "accepted_at", "accepted_by", "name"),
        withhold={"customer": "technical"},
        readable={
            "terms": "which published text",
            "accepted_at": "a time",
            "accepted_by": "pseudonymous id; the name is sealed",
        },
        restrict=Restrict.NOTHING,
        mentions={"accepted_by": "member"},
        # Article 17(3)(e): who bound the company must be possible to show while it may be disputed.
        law=_("the right to keep what a legal claim needs (GDPR, article 17.3 e)"),
    )

    goes_with_caller = False

    terms = models.ForeignKey(Terms, on_delete=models.PROTECT, related_name="acceptances")
    accepted_by = models.UUIDField()  # the member's id
    accepted_at = models.DateTimeField(_("accepted"))

    name = SealedField("", help_text="Who accepted, by the name the member had then.")

    class Meta(TenantOwned.Meta):
        verbose_name = _("acceptance of terms")
        verbose_name_plural = _("acceptances of terms")
        constraints = [
            models.UniqueConstraint(
                fields=["terms", "customer"], name="one_acceptance_per_version_and_customer"
            )
        ]


class TermsNoticeQuerySet(models.QuerySet["TermsNotice"]):
    def waiting(self, at: datetime) -> Self:
        """Mails that have not been sent; a restricted customer's waits until that is lifted."""
        allowed = models.Q(customer__restricted=False, customer__shred_job_id=None)
        return self.filter(allowed, sent_at=None, failed_at=None).order_by("id")


class TermsNotice(models.Model):
    """The mail about one new version to one customer: written with the publishing, sent once."""

    personal_data = NoPersonalData(because="which customer was told when: ids and times")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    terms = models.ForeignKey(Terms, on_delete=models.CASCADE, related_name="notices")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    sent_at = models.DateTimeField(null=True)
    failed_at = models.DateTimeField(null=True)
    error = models.CharField(max_length=40, blank=True)  # a code, never a server's text

    objects: ClassVar[Any] = models.Manager.from_queryset(TermsNoticeQuerySet)()

    class Meta:
        verbose_name = _("mail about terms")
        verbose_name_plural = _("mails about terms")
        constraints = [
            models.UniqueConstraint(fields=["terms", "customer"], name="told_once_of_each_version")
        ]
        indexes = [
            models.Index(
                fields=["id"],
                name="terms_notice_waiting",
                condition=models.Q(sent_at=None, failed_at=None),
            )
        ]

    def __str__(self) -> str:
        return str(self.id)
