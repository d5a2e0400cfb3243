"""A change announced to customers, whom we have told, and who objects (article 28(2))."""

from datetime import date, datetime
from typing import Any, ClassVar, Self

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from customers.models import Customer, TenantOwned
from smartsvar.ids import new_id
from smartsvar.leases import Leased
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
from subprocessors.models.register import Engagement


class NoticeQuerySet(models.QuerySet["Notice"]):
    def newest_first(self) -> Self:
        named = self.select_related("engagement__subprocessor")
        return named.order_by("-announced_at", "-id")

    def same(self, engagement: Engagement, kind: str, takes_effect_on: date) -> Self:
        """Those that announce just this."""
        return self.filter(engagement=engagement, kind=kind, takes_effect_on=takes_effect_on)

    def beginning(self) -> Self:
        """Those by which something begins or changes."""
        return self.exclude(kind=Notice.Kind.END)

    def open_to_objections(self, on: date) -> Self:
        """Those to which a customer may object that day, the last day included."""
        return self.filter(objections_until__gte=on)


class Notice(models.Model):
    """That we mean to begin, change or end an engagement."""

    personal_data = NoPersonalData(because="a company's engagement and dates")

    class Kind(models.TextChoices):
        NEW = "new", _("a new subprocessor")
        CHANGE = "change", _("a changed engagement")
        END = "end", _("an engagement that ends")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    engagement = models.ForeignKey(
        Engagement, on_delete=models.PROTECT, related_name="notices", verbose_name=_("engagement")
    )
    kind = models.CharField(_("kind"), max_length=6, choices=Kind)
    announced_at = models.DateTimeField(_("announced"))
    objections_until = models.DateField(_("objections until"))
    takes_effect_on = models.DateField(_("takes effect"))

    objects: ClassVar[Any] = models.Manager.from_queryset(NoticeQuerySet)()

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")

    def __str__(self) -> str:
        return str(self.id)


class ToldQuerySet(models.QuerySet["Told"]):
    def waiting(self, at: datetime) -> Self:
        """Mails to be sent now: queued, or claimed by a worker that died.

        A restricted customer's waits until the restriction is lifted; its page shows the notice.
        """
        queued = models.Q(state=Told.State.QUEUED, next_attempt_at__lte=at)
        abandoned = models.Q(state=Told.State.CLAIMED, lease_until__lt=at)
        allowed = models.Q(customer__restricted=False, customer__shred_job_id=None)
        return self.filter(queued | abandoned, allowed).order_by("next_attempt_at", "id")


class Told(Leased):
    """The mail about one notice to one customer: written with the notice, sent once."""

    personal_data = NoPersonalData(because="which customer was told when: ids and times")

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        CLAIMED = "claimed", _("being sent")
        SENT = "sent", _("sent")
        UNKNOWN = "unknown", _("unknown: the mail server fell silent")
        FAILED = "failed", _("refused by the mail server")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    notice = models.ForeignKey(Notice, on_delete=models.CASCADE, related_name="told")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    state = models.CharField(_("state"), max_length=8, choices=State, default=State.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(default=timezone.now)
    error = models.CharField(max_length=40, blank=True)  # a code, never a server's text
    settled_at = models.DateTimeField(null=True)

    objects: ClassVar[Any] = models.Manager.from_queryset(ToldQuerySet)()

    class Meta:
        verbose_name = _("mail about a notice")
        verbose_name_plural = _("mails about notices")
        constraints = [
            models.UniqueConstraint(fields=["notice", "customer"], name="told_once_of_each_notice")
        ]
        indexes = [
            models.Index(
                fields=["next_attempt_at", "id"],
                name="told_waiting",
                condition=models.Q(state__in=["queued", "claimed"]),
            )
        ]

    def __str__(self) -> str:
        return str(self.id)


class Objection(TenantOwned):
    """What a customer has against an announced change, and our answer."""

    personal_data = PersonalData(
        category=Category.HISTORY,
        role=Role.CONTROLLER,
        purpose=_("Answer customers who object to a subprocessor"),
        basis=Basis.CONTRACT,
        subject=_("whoever objects for the customer"),
        keep=Keep(months=24, since="made_at"),  # an unanswered one keeps no account for ever
        export=("made_at", "handled_at", "outcome", "reason", "answer"),
        withhold={"customer": "technical", "notice": "technical", "made_by": "technical"},
        readable={
            "made_at": "retention is derived from it",
            "handled_at": "a time",
            "outcome": "one of two words",
        },
        restrict=Restrict.NOTHING,
        mentions={"made_by": "member"},
    )

    class Outcome(models.TextChoices):
        MET = "met", _("met: we do without it for this customer")
        KEPT = "kept", _("not met: the change stands, and the customer may end the contract")

    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="objections")
    made_by = models.UUIDField()  # the member's id
    made_at = models.DateTimeField(_("received"))
    handled_at = models.DateTimeField(_("answered"), null=True)
    outcome = models.CharField(_("outcome"), max_length=4, choices=Outcome, blank=True)

    reason = SealedField("")
    answer = SealedField("")

    class Meta(TenantOwned.Meta):
        verbose_name = _("objection")
        verbose_name_plural = _("objections")
        constraints = [
            models.UniqueConstraint(
                fields=["notice", "customer"], name="one_objection_per_notice_and_customer"
            )
        ]
