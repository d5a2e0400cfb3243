"""A customer's permission for support to listen, what was listened to under it, and who may."""

from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from customers.models import TenantOwned, TenantQuerySet, User
from recordings.models.recording import Recording, State
from smartsvar.clock import STOCKHOLM
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


class GrantKind(models.TextChoices):
    """What a grant covers."""

    CALL = "call", _("a single call")
    PERIOD = "period", _("the calls of a period")


class ListeningGrantQuerySet(TenantQuerySet["ListeningGrant"]):
    def in_force(self, at: datetime | None = None) -> Self:
        """Those under which support may listen at `at` (the database's now)."""
        now = at or Now()
        return self.live(at).filter(revoked_at=None, begins_at__lte=now, ends_at__gt=now)

    def over(self, recording: Recording) -> Self:
        """Those that name this call, or the time in which it began."""
        single = models.Q(kind=GrantKind.CALL, recording=recording)
        began = {"calls_from__lte": recording.started_at, "calls_before__gt": recording.started_at}
        either = single | models.Q(kind=GrantKind.PERIOD, **began)
        return self.filter(either, customer=recording.customer_id)


class ListeningGrant(TenantOwned):
    """That a customer lets our support listen, to what, why and until when.

    The column `recording` is emptied when the call is destroyed, and with it the reason: a grant
    for a single call then covers nothing.
    """

    personal_data = PersonalData(
        category=Category.HISTORY,
        role=Role.PROCESSOR,
        purpose=_("Let support listen while the customer permits it, and show that it did"),
        basis=Basis.CUSTOMER_INSTRUCTION,
        subject=_("the member who permits it"),
        keep=Keep(months=24, since="ends_at"),
        export=(
            "kind", "recording", "calls_from", "calls_before", "begins_at", "ends_at",
            "revoked_at", "granted_by", "revoked_by", "reason",
        ),
        withhold=dict.fromkeys(("customer", "told_at", "told_to", "telling_until"), "technical"),
        readable={
            "kind": "one of two words",
            "recording": "pseudonymous id",
            "calls_from": "a time",
            "calls_before": "a time",
            "begins_at": "a time",
            "ends_at": "retention is derived from it",
            "revoked_at": "a time",
            "granted_by": "pseudonymous id",
            "revoked_by": "pseudonymous id",
        },
        restrict=Restrict.NOTHING,
        mentions={"granted_by": "member", "revoked_by": "member"},
        belongs_to={"reason": "recording"},
    )  # fmt: skip
    goes_with_caller = False

    kind = models.CharField(_("what"), max_length=6, choices=GrantKind)
    recording = models.ForeignKey(
        Recording, null=True, on_delete=models.SET_NULL, related_name="grants"
    )
    calls_from = models.DateTimeField(_("calls from"), null=True)
    calls_before = models.DateTimeField(_("calls before"), null=True)
    begins_at = models.DateTimeField(_("begins"))
    ends_at = models.DateTimeField(_("ends"))
    revoked_at = models.DateTimeField(_("revoked"), null=True)
    granted_by = models.UUIDField()  # the member's id
    revoked_by = models.UUIDField(null=True)
    told_at = models.DateTimeField(null=True)  # the mail of its first use: sent, or given up
    # The ids of the members who have that mail, until all have.
    told_to = models.JSONField(default=list, db_default=models.Value([], models.JSONField()))
    telling_until = models.DateTimeField(null=True)  # a worker's lease on that mail

    reason = SealedField("", help_text="Why, in the customer's own words.")

    objects: ClassVar[Any] = models.Manager.from_queryset(ListeningGrantQuerySet)()

    class Meta(TenantOwned.Meta):
        verbose_name = _("permission to listen")
        verbose_name_plural = _("permissions to listen")
        indexes = [
            *TenantOwned.Meta.indexes,
            models.Index(fields=["customer", "-begins_at", "-id"], name="grant_list"),
        ]

    def in_force(self, at: datetime) -> bool:
        """Whether it lets support listen at `at`."""
        return self.revoked_at is None and self.begins_at <= at < self.ends_at

    @property
    def ended_at(self) -> datetime:
        """When it ended, or will."""
        return min(self.ends_at, self.revoked_at or self.ends_at)

    @property
    def last_day(self) -> date | None:
        """The last day in Sweden whose calls it covers; None for a single call."""
        if self.calls_before is None:
            return None
        return (self.calls_before - timedelta(microseconds=1)).astimezone(STOCKHOLM).date()

    def calls(self) -> Any:
        """Return the calls that it lets support play, as far as they may be shown at all."""
        mine = Recording.objects.filter(state=State.LIVE, customer=self.customer_id).live()
        if self.kind == GrantKind.CALL:
            return mine.filter(pk__in=[self.recording_id] if self.recording_id else [])
        return mine.started_between(self.calls_from, self.calls_before)


class Listen(models.Model):
    """One listening of support's: the grant behind it, and its entry in the trail."""

    personal_data = NoPersonalData(because="ids and a time; the trail tells who it was")

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    grant = models.ForeignKey(ListeningGrant, on_delete=models.CASCADE, related_name="listens")
    entry_id = models.UUIDField()
    call_id = models.UUIDField()
    agent_id = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        verbose_name = _("listening")
        verbose_name_plural = _("listenings")
        indexes: ClassVar[list[models.Index]] = [models.Index(fields=["at"], name="listen_at")]

    def __str__(self) -> str:
        return str(self.id)


class Listener(models.Model):
    """A support agent who may listen at all, while a customer's grant lasts. Few are."""

    personal_data = NoPersonalData(because="the id of a support agent, and a time")

    user = models.OneToOneField(User, primary_key=True, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField()

    class Meta:
        verbose_name = _("support agent who may listen")
        verbose_name_plural = _("support agents who may listen")

    def __str__(self) -> str:
        return str(self.pk)
