"""Absences in the API. Why somebody is away is for who keeps the register: the scope to write."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from customers.access import fetch_owned
from customers.actions.absences import (
    LongOver,
    TooManyAbsences,
    add_absence,
    change_absence,
    remove_absence,
)
from customers.actions.looks import Listed, note_listed
from customers.api_base import ApiView
from customers.api_once import created, made_before, once
from customers.api_pages import asked, page_of
from customers.api_schema import IDEMPOTENCY, PROBLEM
from customers.models import Absence, Scope, StaffMember
from customers.problems import Problem
from customers.serializers import AbsencePage, AbsenceQuery, AbsenceSerializer
from smartsvar.clock import database_now

EXAMPLE = OpenApiExample(
    "A lunch",
    value={
        "starts_at": "2027-03-01T12:00:00+01:00",
        "ends_at": "2027-03-01T13:00:00+01:00",
        "kind": "lunch",
        "text": "",
    },
    request_only=True,
)
REFUSED = OpenApiResponse(PROBLEM, "`too_many_absences`; `long_over`; `in_flight`.")


@contextmanager
def told() -> Iterator[None]:
    """Answer what the actions refuse."""
    try:
        yield
    except TooManyAbsences as error:
        detail = "The person has as many absences as one can have."
        raise Problem(409, "too_many_absences", detail) from error
    except LongOver as error:
        detail = "It ended so long ago that it would be deleted at once."
        raise Problem(409, "long_over", detail, field="ends_at") from error


class AbsenceList(ApiView):
    """A person's absences."""

    scopes = {"GET": Scope.STAFF_WRITE, "POST": Scope.STAFF_WRITE}

    @extend_schema(parameters=[AbsenceQuery], responses=AbsencePage)
    def get(self, request: Request, staff_id: UUID) -> Response:
        """List a person's absences, past ones as long as they are kept."""
        query = asked(AbsenceQuery, request)
        person = fetch_owned(StaffMember.objects.all(), self.customer, staff_id)
        rows = Absence.objects.of(self.customer).filter(staff=person)
        page = page_of(rows, "starts_at", cursor=query.get("cursor"), limit=query["limit"])
        note_listed(Listed.REGISTER, self.customer, by=self.key, at=database_now())
        return Response(AbsencePage(page).data)

    @extend_schema(
        parameters=[IDEMPOTENCY],
        request=AbsenceSerializer,
        responses={
            201: AbsenceSerializer,
            409: REFUSED,
            410: OpenApiResponse(PROBLEM, "`gone`: the absence was removed since."),
            422: OpenApiResponse(PROBLEM, "`idempotency_mismatch`."),
        },
        examples=[EXAMPLE],
    )
    def post(self, request: Request, staff_id: UUID) -> Response:
        """Note an absence."""
        at = database_now()
        person = fetch_owned(StaffMember.objects.all(), self.customer, staff_id)
        with once(self, at=at) as claim:
            content = ["absence", str(staff_id), request.data]
            claim.fingerprint(json.dumps(content, sort_keys=True))
            if claim.made:
                made = made_before(Absence.objects.all(), self, claim.made)
                return self._answer(made, replayed=True)
            form = AbsenceSerializer(data=request.data)
            form.is_valid(raise_exception=True)
            with told():
                absence = add_absence(person, form.facts(), by=self.key, at=at, settle=claim.settle)
        return self._answer(absence, replayed=False)

    def _answer(self, absence: Absence, *, replayed: bool) -> Response:
        address = reverse("api:absence-detail", args=[absence.pk])
        return created(AbsenceSerializer(absence).data, address, replayed=replayed)


class AbsenceDetail(ApiView):
    """One absence."""

    scopes = {
        "GET": Scope.STAFF_WRITE,
        "PATCH": Scope.STAFF_WRITE,
        "DELETE": Scope.STAFF_WRITE,
    }

    def _absence(self, absence_id: UUID) -> Absence:
        found: Absence = fetch_owned(Absence.objects.all(), self.customer, absence_id)
        return found

    @extend_schema(responses=AbsenceSerializer)
    def get(self, request: Request, absence_id: UUID) -> Response:
        """Show an absence."""
        absence = self._absence(absence_id)
        note_listed(Listed.REGISTER, self.customer, by=self.key, at=database_now())
        return Response(AbsenceSerializer(absence).data)

    @extend_schema(request=AbsenceSerializer, responses={200: AbsenceSerializer, 409: REFUSED})
    def patch(self, request: Request, absence_id: UUID) -> Response:
        """Change an absence; `ends_at` set to now says that the person is back."""
        absence = self._absence(absence_id)
        form = AbsenceSerializer(data=request.data, partial=True, context={"absence": absence})
        form.is_valid(raise_exception=True)
        with told():
            change_absence(absence, form.facts(absence), by=self.key, at=database_now())
        return Response(AbsenceSerializer(absence).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, absence_id: UUID) -> Response:
        """Take an absence out of the calendar, for good."""
        remove_absence(self._absence(absence_id), by=self.key)
        return Response(status=204)
