"""Phone messages in the API: deliver, list, show."""

import json
from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from customers.access import fetch_owned
from customers.actions.looks import Listed, note_listed
from customers.api_base import ApiView
from customers.api_once import created, made_before, once
from customers.api_pages import asked, page_of
from customers.api_schema import IDEMPOTENCY, PROBLEM
from customers.models import Scope, StaffMember
from customers.problems import Problem
from messages.actions import AlreadyDue, read_message, take_message
from messages.handling import Mark, mark_messages
from messages.models import PhoneMessage
from messages.serializers import (
    MessageChange,
    MessagePage,
    MessageQuery,
    MessageSerializer,
    NewMessageSerializer,
)
from smartsvar.clock import database_now

EXAMPLE = OpenApiExample(
    "A message",
    value={
        "matter": "Vill ha en offert på ett nytt tak. Ring helst före lunch.",
        "caller_name": "Zacharias Ödlund",
        "caller_number": "070-174 06 15",
        "caller_company": "Ödlunds Plåt AB",
        "called_number": "+46846500411",
        "call_id": "pbx-7741",
    },
    request_only=True,
)


class MessageList(ApiView):
    """The customer's messages."""

    scopes = {"GET": Scope.MESSAGES_READ, "POST": Scope.MESSAGES_WRITE}

    @extend_schema(parameters=[MessageQuery], responses=MessagePage)
    def get(self, request: Request) -> Response:
        """List messages, newest first."""
        query = asked(MessageQuery, request)
        rows = PhoneMessage.objects.of(self.customer).select_related("staff")
        rows = rows.prefetch_related("deliveries")
        rows = rows.taken_between(query.get("taken_after"), query.get("taken_before"))
        if "caller" in query:
            rows = rows.from_caller(self.customer, query["caller"])
        if "call_id" in query:
            rows = rows.of_call(self.customer, query["call_id"])
        if "staff" in query:
            register = StaffMember.objects.of(self.customer)  # nobody restricted is found by id
            rows = rows.filter(staff__in=register.filter(id=query["staff"]))
        if query["handled"] is not None:
            rows = rows.handled() if query["handled"] else rows.unhandled()
        page = page_of(rows, "taken_at", cursor=query.get("cursor"), limit=query["limit"])
        note_listed(Listed.MESSAGES, self.customer, by=self.key, at=database_now())
        return Response(MessagePage(page).data)

    @extend_schema(
        parameters=[IDEMPOTENCY],
        request=NewMessageSerializer,
        responses={
            201: MessageSerializer,
            409: OpenApiResponse(
                PROBLEM, "`in_flight`: the same Idempotency-Key is being worked on."
            ),
            410: OpenApiResponse(
                PROBLEM, "`gone`: what the first request made has been deleted since."
            ),
            422: OpenApiResponse(PROBLEM, "`already_due`, `idempotency_mismatch`."),
        },
        examples=[EXAMPLE],
    )
    def post(self, request: Request) -> Response:
        """Deliver a message; it is sent on at once."""
        at = database_now()
        with once(self, at=at) as claim:
            claim.fingerprint(json.dumps(["messages", request.data], sort_keys=True))
            if claim.made:
                return self._answer(
                    made_before(PhoneMessage.objects.all(), self, claim.made), replayed=True
                )
            form = NewMessageSerializer(data=request.data, context={"customer": self.customer})
            form.is_valid(raise_exception=True)
            try:
                facts = form.facts(taken_at=at)
                message = take_message(
                    self.customer, facts, by=self.key, at=at, settle=claim.settle
                )
            except AlreadyDue as error:
                detail = "The message is older than messages are kept."
                raise Problem(422, "already_due", detail, field="taken_at") from error
        return self._answer(message, replayed=False)

    def _answer(self, message: PhoneMessage, *, replayed: bool) -> Response:
        address = reverse("api:message-detail", args=[message.pk])
        return created(MessageSerializer(message).data, address, replayed=replayed)


class MessageDetail(ApiView):
    """One message."""

    scopes = {"GET": Scope.MESSAGES_READ, "PATCH": Scope.MESSAGES_WRITE}

    @extend_schema(responses=MessageSerializer)
    def get(self, request: Request, message_id: UUID) -> Response:
        """Show a message, and how far its hand-over has come."""
        message = self._message(message_id)
        read_message(message, by=self.key, at=database_now())
        return Response(MessageSerializer(message).data)

    @extend_schema(request=MessageChange, responses={204: OpenApiResponse(description="Done.")})
    def patch(self, request: Request, message_id: UUID) -> Response:
        """Say that a message is dealt with in a system of the customer's, or take that back.

        Saying it again changes nothing. Nothing of the message is answered: a key that writes need
        not read.
        """
        message = self._message(message_id)
        form = MessageChange(data=request.data)
        form.is_valid(raise_exception=True)
        as_ = Mark.HANDLED if form.validated_data["handled"] else Mark.UNHANDLED
        rows = PhoneMessage.objects.of(self.customer).filter(id=message.pk)
        mark_messages(rows, as_, by=self.key, at=database_now())
        return Response(status=204)

    def _message(self, message_id: UUID) -> PhoneMessage:
        rows = PhoneMessage.objects.select_related("staff")
        return fetch_owned(rows, self.customer, message_id)
