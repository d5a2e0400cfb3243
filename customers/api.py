"""The staff register in the API, in full."""

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from customers.access import fetch_owned
from customers.actions.looks import Listed, note_listed
from customers.actions.presence import presence_of
from customers.actions.staff import (
    FIELDS,
    RegisterFull,
    add_staff,
    change_staff,
    register_of,
    remove_staff,
)
from customers.api_base import ApiView
from customers.api_once import created, made_before, once
from customers.api_pages import asked, page_of_list
from customers.api_schema import IDEMPOTENCY, PROBLEM
from customers.models import Customer, Scope, StaffMember
from customers.problems import Problem
from customers.serializers import StaffPage, StaffQuery, StaffSerializer
from smartsvar.clock import database_now

EXAMPLE = OpenApiExample(
    "A person",
    value={
        "name": "Åsa Ödman",
        "title": "Säljare",
        "phone": "070-174 06 20",
        "email": "asa@ankdammsbygg.example",
        "keywords": ["offert", "tak"],
        "answer_notice": "Åsa ringer upp samma dag.",
    },
    request_only=True,
)


def now_of(customer: Customer, people: Sequence[StaffMember]) -> dict[str, Any]:
    """Return what a serializer must know besides the rows: who is away, and what is told now."""
    return {"presence": presence_of(customer, people, database_now())}


def shown(customer: Customer, person: StaffMember) -> Any:
    """Return a person as the API answers it."""
    return StaffSerializer(person, context=now_of(customer, [person])).data


class StaffList(ApiView):
    """The customer's staff register."""

    scopes = {"GET": Scope.STAFF_READ, "POST": Scope.STAFF_WRITE}

    @extend_schema(parameters=[StaffQuery], responses=StaffPage)
    def get(self, request: Request) -> Response:
        """List the register by name, å, ä and ö last. It holds at most 5,000 people."""
        query = asked(StaffQuery, request)
        people = register_of(self.customer)
        note_listed(Listed.REGISTER, self.customer, by=self.key, at=database_now())
        page = page_of_list(people, cursor=query.get("cursor"), limit=query["limit"])
        return Response(StaffPage(page, context=now_of(self.customer, page.results)).data)

    @extend_schema(
        parameters=[IDEMPOTENCY],
        request=StaffSerializer,
        responses={
            201: StaffSerializer,
            409: OpenApiResponse(PROBLEM, "`register_full`; `in_flight`."),
            410: OpenApiResponse(PROBLEM, "`gone`: the person was removed since."),
            422: OpenApiResponse(PROBLEM, "`idempotency_mismatch`."),
        },
        examples=[EXAMPLE],
    )
    def post(self, request: Request) -> Response:
        """Add a person."""
        at = database_now()
        with once(self, at=at) as claim:
            claim.fingerprint(json.dumps(["staff", request.data], sort_keys=True))
            if claim.made:
                return self._answer(
                    made_before(StaffMember.objects.all(), self, claim.made), replayed=True
                )
            form = StaffSerializer(data=request.data)
            form.is_valid(raise_exception=True)
            try:
                person = add_staff(
                    self.customer, form.details(), by=self.key, at=at, settle=claim.settle
                )
            except RegisterFull as error:
                raise Problem(409, "register_full", "The register holds 5,000 people.") from error
        return self._answer(person, replayed=False)

    def _answer(self, person: StaffMember, *, replayed: bool) -> Response:
        address = reverse("api:staff-detail", args=[person.pk])
        return created(shown(self.customer, person), address, replayed=replayed)


class StaffDetail(ApiView):
    """One person of the register."""

    scopes = {
        "GET": Scope.STAFF_READ,
        "PUT": Scope.STAFF_WRITE,
        "PATCH": Scope.STAFF_WRITE,
        "DELETE": Scope.STAFF_WRITE,
    }

    def _person(self, staff_id: UUID) -> StaffMember:
        return fetch_owned(StaffMember.objects.all(), self.customer, staff_id)

    @extend_schema(responses=StaffSerializer)
    def get(self, request: Request, staff_id: UUID) -> Response:
        """Show a person."""
        person = self._person(staff_id)
        note_listed(Listed.REGISTER, self.customer, by=self.key, at=database_now())
        return Response(shown(self.customer, person))

    @extend_schema(request=StaffSerializer, responses=StaffSerializer, examples=[EXAMPLE])
    def put(self, request: Request, staff_id: UUID) -> Response:
        """Replace what the register says of a person; what is left out becomes empty."""
        return self._change(request, staff_id, partial=False)

    @extend_schema(request=StaffSerializer, responses=StaffSerializer)
    def patch(self, request: Request, staff_id: UUID) -> Response:
        """Change some of what the register says of a person."""
        return self._change(request, staff_id, partial=True)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, staff_id: UUID) -> Response:
        """Take a leaver off the register, for good. A membership of Mina Sidor stays."""
        remove_staff(self._person(staff_id), by=self.key)
        return Response(status=204)

    def _change(self, request: Request, staff_id: UUID, *, partial: bool) -> Response:
        person = self._person(staff_id)
        form = StaffSerializer(data=request.data, partial=partial)
        form.is_valid(raise_exception=True)
        details = form.details(person if partial else None)
        said = list(form.validated_data) if partial else FIELDS
        change_staff(person, details, by=self.key, at=database_now(), fields=said)
        return Response(shown(self.customer, person))
