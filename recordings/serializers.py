"""A recording in the API: what is sent, what is answered, what a list is asked for."""

from typing import Any

from django.urls import reverse
from rest_framework import serializers

from customers.api_fields import (
    Address,
    Caller,
    Moment,
    PlainText,
    Sha256,
    ShownStaff,
    StaffReference,
)
from customers.api_pages import PageQuery
from customers.api_strict import StrictSerializer
from recordings.models import AudioFormat, Recording
from recordings.receiving import CallFacts


class CallSerializer(StrictSerializer):
    """What the sender says of a call, beside its audio."""

    started_at = Moment(help_text="When the call began, with its offset.")
    ended_at = Moment(
        required=False, help_text="When it ended; by default the beginning and the audio's length."
    )
    caller_number = Caller(
        required=False,
        default="",
        help_text="E.164, a national number, sip:user@host, or withheld (the default).",
    )
    caller_name = PlainText(required=False, default="", allow_blank=True, max_length=200)
    called_number = Address(
        required=False, default="", help_text="Which of the customer's numbers."
    )
    call_id = PlainText(
        required=False,
        default="",
        allow_blank=True,
        max_length=200,
        help_text="Your id of the call. A message with the same id is shown beside the recording.",
    )
    staff = StaffReference(
        required=False,
        allow_null=True,
        default=None,
        help_text="Whom the call was for, from staff/.",
    )
    sha256 = Sha256(
        required=False,
        default="",
        allow_blank=True,
        write_only=True,
        help_text="Of the audio, in hexadecimal: checked before anything is kept.",
    )

    def facts(self) -> CallFacts:
        """Return the checked facts."""
        return CallFacts(**self.validated_data)


class RecordingSerializer(serializers.Serializer[Recording]):
    """A recording as the API answers it."""

    id = serializers.UUIDField()
    started_at = Moment()
    ended_at = Moment()
    received_at = Moment()
    kept_until = Moment(source="due_at", help_text="When it will be destroyed at the latest.")
    duration_ms = serializers.IntegerField()
    size = serializers.IntegerField(help_text="Bytes.")
    format = serializers.ChoiceField(AudioFormat.choices, source="audio_format")
    caller_number = Caller()
    caller_name = PlainText()
    called_number = PlainText()
    call_id = PlainText()
    staff = ShownStaff(allow_null=True)
    sha256 = PlainText(help_text="Of the audio, in hexadecimal.")
    audio = serializers.SerializerMethodField(help_text="Where the audio is, for keys that may.")

    def get_audio(self, recording: Recording) -> str:
        return reverse("api:recording-audio", args=[recording.pk])


class RecordingPage(serializers.Serializer[Any]):
    """A page of recordings, newest first."""

    results = RecordingSerializer(many=True)
    next = serializers.CharField(allow_null=True, help_text="The `cursor` of the next page.")


class RecordingQuery(PageQuery):
    """What a list of recordings can be asked for."""

    started_after = Moment(required=False, help_text="Calls that began then or later.")
    started_before = Moment(required=False, help_text="Calls that began before then.")
    caller = Address(required=False, help_text="From this number or address, or withheld.")
    call_id = PlainText(required=False, max_length=200)
    staff = serializers.UUIDField(required=False, error_messages={"invalid": "Not a UUID."})
