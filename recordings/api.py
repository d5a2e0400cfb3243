"""Recordings in the API: deliver, list, show, play."""

import json
from uuid import UUID

from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from customers.access import fetch_owned
from customers.actions.looks import Listed, note_listed
from customers.api_base import ApiView
from customers.api_once import created, made_before, once
from customers.api_pages import asked, page_of
from customers.models import Scope, StaffMember
from customers.problems import Problem
from recordings import api_examples as examples
from recordings.actions import show_recording
from recordings.models import Recording
from recordings.receiving import receive_recording
from recordings.refusals import refusals
from recordings.serializers import (
    CallSerializer,
    RecordingPage,
    RecordingQuery,
    RecordingSerializer,
)
from recordings.streaming import AudioUnavailable, audio_response
from recordings.uploads import Intake, take_in
from smartsvar.clock import database_now


class RecordingList(ApiView):
    """The customer's recordings."""

    scopes = {"GET": Scope.RECORDINGS_READ, "POST": Scope.RECORDINGS_WRITE}

    @extend_schema(parameters=[RecordingQuery], responses=RecordingPage, **examples.LISTING)
    def get(self, request: Request) -> Response:
        """List recordings, newest first."""
        query = asked(RecordingQuery, request)
        rows = Recording.objects.of(self.customer).select_related("staff")
        rows = rows.started_between(query.get("started_after"), query.get("started_before"))
        if "caller" in query:
            rows = rows.from_caller(self.customer, query["caller"])
        if "call_id" in query:
            rows = rows.of_call(self.customer, query["call_id"])
        if "staff" in query:
            register = StaffMember.objects.of(self.customer)  # nobody restricted is found by id
            rows = rows.filter(staff__in=register.filter(id=query["staff"]))
        page = page_of(rows, "started_at", cursor=query.get("cursor"), limit=query["limit"])
        note_listed(Listed.CALLS, self.customer, by=self.key, at=database_now())
        return Response(RecordingPage(page).data)

    @extend_schema(**examples.DELIVERY)
    def post(self, request: Request) -> Response:
        """Deliver a recording: a form with the part `audio`, or the raw audio."""
        at = database_now()
        with (
            once(self, at=at) as claim,
            Intake(self.customer, claim, by=self.key, at=at) as intake,
            refusals(),
        ):
            take_in(request._request, intake)
            claim.fingerprint(
                json.dumps(["recordings", intake.facts, intake.digest], sort_keys=True)
            )
            if claim.made:
                return self._answer(
                    made_before(Recording.objects.all(), self, claim.made), replayed=True
                )
            call = CallSerializer(data=intake.facts, context={"customer": self.customer})
            upload = intake.upload
            call.is_valid(raise_exception=True)
            recording = receive_recording(
                upload, call.facts(), by=self.key, at=at, settle=claim.settle
            )
            intake.keep()
        return self._answer(recording, replayed=False)

    def _answer(self, recording: Recording, *, replayed: bool) -> Response:
        data = RecordingSerializer(recording).data
        return created(data, data["audio"].removesuffix("audio/"), replayed=replayed)


class RecordingDetail(ApiView):
    """One recording."""

    scopes = {"GET": Scope.RECORDINGS_READ}

    @extend_schema(responses=RecordingSerializer)
    def get(self, request: Request, recording_id: UUID) -> Response:
        """Show a recording's facts."""
        rows = Recording.objects.select_related("staff")
        recording = fetch_owned(rows, self.customer, recording_id)
        show_recording(recording, by=self.key, at=database_now())
        return Response(RecordingSerializer(recording).data)


class RecordingAudio(ApiView):
    """One recording's audio."""

    scopes = {"GET": Scope.RECORDINGS_AUDIO}

    @extend_schema(**examples.AUDIO)
    def get(self, request: Request, recording_id: UUID) -> HttpResponseBase:
        """Fetch the audio, whole or one range of it (at most 256 KiB a time)."""
        recording = fetch_owned(Recording.objects.all(), self.customer, recording_id)
        try:
            return audio_response(request._request, recording, by=self.key, at=database_now())
        except AudioUnavailable as error:
            detail = "The audio cannot be opened now. We have been told."
            raise Problem(503, "audio_unavailable", detail) from error
