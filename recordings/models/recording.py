"""A recorded call: times and format in clear, who called and the audio sealed."""

from datetime import datetime
from typing import Any, ClassVar, Self

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from customers.models import Customer, StaffMember, TenantOwned, TenantQuerySet
from smartsvar.personal_data import Basis, Category, Keep, PersonalData, Role
from smartsvar.vault.index import blind_indexes
from smartsvar.vault.rows import BlindIndex, SealedField


class AudioFormat(models.TextChoices):
    """What we take; the value is the file's ending."""

    WAV = "wav", "WAV"
    MP3 = "mp3", "MP3"
    OGG = "ogg", "Ogg"
    FLAC = "flac", "FLAC"


class State(models.TextChoices):
    """A row is never live without its bytes."""

    PENDING = "pending", _("being received")
    LIVE = "live", _("complete")


class RecordingQuerySet(TenantQuerySet["Recording"]):
    def of(self, customer: Customer) -> Self:
        """The customer's complete calls that may be shown."""
        return super().of(customer).filter(state=State.LIVE)

    def newest_first(self) -> Self:
        return self.order_by("-started_at", "-id")

    def started_between(self, start: datetime | None, end: datetime | None) -> Self:
        """Calls that began at `start` or later and before `end`; None leaves that side open."""
        found = self if start is None else self.filter(started_at__gte=start)
        return found if end is None else found.filter(started_at__lt=end)

    def from_caller(self, customer: Customer, address: str) -> Self:
        """Calls from this normalised address, by blind index; "" means withheld."""
        if not address:
            return self.filter(caller_index=None)
        indexes = blind_indexes(customer.id, "caller_number", address)
        return self.filter(caller_index__in=indexes)

    def of_call(self, customer: Customer, call_id: str) -> Self:
        """Recordings that share a call's id with a message."""
        return self.filter(call_index__in=blind_indexes(customer.id, "call_id", call_id))


class Recording(TenantOwned):
    """One recorded call of a customer."""

    personal_data = PersonalData(
        category=Category.CALL_AUDIO,
        role=Role.PROCESSOR,
        purpose=_("Let the customer listen to answered calls"),
        basis=Basis.CUSTOMER_INSTRUCTION,
        subject=_("caller"),
        keep=Keep(
            months=3,
            since="ended_at",
            capped_by="received_at",
            shortened_by="customer.recording_days",
            unfinished=("state", "pending"),
            unfinished_hours=24,
        ),
        export=(
            "started_at", "ended_at", "received_at", "duration_ms", "size", "audio_format", "staff",
            "caller_name", "caller_number", "called_number", "call_id",
        ),
        withhold={
            "customer": "technical",
            "state": "technical",
            "sha256": "technical",
            "peaks": "a drawing of the audio, which is exported itself",
        },
        readable={
            "started_at": "lists are ordered by it",
            "ended_at": "retention is derived from it",
            "received_at": "retention is derived from it",
            "duration_ms": "shown to support as metadata",
            "size": "shown to support as metadata",
            "audio_format": "shown to support as metadata",
            "staff": "pseudonymous id; the name is sealed",
        },
        blob="blob_name",
        processors=("hosting", "storage"),
        callers=("caller_number",),
        mentions={"staff": "staff"},
    )  # fmt: skip

    staff = models.ForeignKey(StaffMember, null=True, on_delete=models.SET_NULL, related_name="+")
    state = models.CharField(max_length=8, choices=State, default=State.PENDING)
    started_at = models.DateTimeField(_("began"))
    ended_at = models.DateTimeField(_("ended"))
    received_at = models.DateTimeField(_("received"))
    duration_ms = models.PositiveIntegerField(_("duration (ms)"), default=0)
    size = models.PositiveBigIntegerField(_("size (bytes)"), default=0)
    audio_format = models.CharField(_("format"), max_length=4, choices=AudioFormat, blank=True)
    caller_index = BlindIndex(of="caller_number")
    call_index = BlindIndex(of="call_id")

    caller_name = SealedField("")
    caller_number = SealedField("", help_text="E.164, sip:…, or empty when withheld.")
    called_number = SealedField("")
    call_id = SealedField("", help_text="The provider's id of the call; a message may share it.")
    sha256 = SealedField("")
    peaks = SealedField("", help_text="The waveform: base64 of one byte per column.")

    objects: ClassVar[Any] = models.Manager.from_queryset(RecordingQuerySet)()

    class Meta(TenantOwned.Meta):
        verbose_name = _("recording")
        verbose_name_plural = _("recordings")
        indexes = [
            *TenantOwned.Meta.indexes,
            models.Index(fields=["customer", "-started_at", "-id"], name="recording_list"),
            models.Index(fields=["customer", "caller_index"], name="recording_caller"),
            models.Index(fields=["customer", "call_index"], name="recording_call"),
        ]

    blob_field: ClassVar[str] = "audio"  # names the audio where it is sealed to its place

    @property
    def blob_ending(self) -> str:
        """The ending of the audio as a file."""
        return str(self.audio_format)

    def get_absolute_url(self) -> str:
        """The call's page on Mina Sidor."""
        return reverse("portal:call", args=[self.customer.number, self.pk])

    @property
    def blob_name(self) -> str:
        """Where the sealed audio lies: a generated name that says nothing."""
        return f"recordings/{self.pk.hex[-2:]}/{self.pk}"
