"""When a person of the staff register is away, and what callers are told meanwhile."""

from datetime import datetime
from typing import Any, ClassVar, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models.staff import StaffMember
from customers.models.tenancy import TenantOwned, TenantQuerySet
from smartsvar.personal_data import Basis, Category, Keep, PersonalData
from smartsvar.personal_data import Role as DataRole
from smartsvar.vault.rows import SealedField


class Kind(models.TextChoices):
    """Why somebody is away. Sealed: sickness is health data (GDPR, article 9)."""

    HOLIDAY = "holiday", _("Holiday")
    LUNCH = "lunch", _("Lunch")
    MEETING = "meeting", _("Meeting")
    TRAVEL = "travel", _("Business trip")
    SICK = "sick", _("Sick")
    PARENTAL = "parental", _("Parental leave")
    OTHER = "other", _("Otherwise away")


class AbsenceQuerySet(TenantQuerySet["Absence"]):
    def live(self, at: datetime | None = None) -> Self:
        """Absences that may be shown: none of somebody restricted or being removed."""
        shown = super().live(at)
        return shown.filter(staff__restricted=False, staff__shred_job_id=None)

    def overlapping(self, start: datetime, end: datetime | None) -> Self:
        """Absences that share a moment with [start, end); None: from `start` on."""
        reaches = models.Q(ends_at=None) | models.Q(ends_at__gt=start)
        found = self.filter(reaches)
        return found if end is None else found.filter(starts_at__lt=end)

    def in_force(self, at: datetime) -> Self:
        """Absences that have begun at `at` and not ended: the end is the first moment back."""
        return self.overlapping(at, None).filter(starts_at__lte=at)


class Absence(TenantOwned):
    """From `starts_at` up to, and not including, `ends_at`; None: until somebody ends it.

    The times are columns, for who is away now is asked of every list and every call; alone they
    say that somebody was not at work, not why. The kind and the words are sealed.
    """

    personal_data = PersonalData(
        category=Category.STAFF,
        role=DataRole.PROCESSOR,
        purpose=_("Tell callers when a person is back"),
        basis=Basis.CUSTOMER_INSTRUCTION,
        subject=_("the customer's employee or contractor"),
        # What callers were told is asked about as long as the recordings of their calls are kept;
        # a longer record of who was ill is of no use to the answering of calls (article 5.1 e).
        keep=Keep(months=3, since="ends_at"),
        export=("staff", "starts_at", "ends_at", "kind", "text", "created_at"),
        withhold={"customer": "technical"},
        readable={
            "staff": "pseudonymous id; the name is sealed",
            "starts_at": "who is away at a moment is asked of the database",
            "ends_at": "the same, and retention is derived from it",
            "created_at": "a time",
        },
        goes_with="staff",
    )

    staff = models.ForeignKey(StaffMember, null=True, on_delete=models.SET_NULL, related_name="+")
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"), null=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    kind = SealedField("other")
    text = SealedField("", help_text="What to tell callers; empty: the kind's own sentence.")

    objects: ClassVar[Any] = models.Manager.from_queryset(AbsenceQuerySet)()

    class Meta(TenantOwned.Meta):
        verbose_name = _("absence")
        verbose_name_plural = _("absences")
        indexes = [
            *TenantOwned.Meta.indexes,
            models.Index(fields=["customer", "starts_at"], name="absence_starts"),
            models.Index(fields=["staff", "starts_at"], name="absence_of_person"),
        ]

    @classmethod
    def holding(cls) -> models.Q:
        """Also those of a person whom a hold keeps: they are part of what is kept of the person."""
        return super().holding() | models.Q(staff__held=True)

    @property
    def label(self) -> str:
        """The kind in the reader's language."""
        return str(Kind(self.kind).label) if self.kind in Kind.values else str(Kind.OTHER.label)
