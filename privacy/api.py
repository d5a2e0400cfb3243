"""Exports in the API: ask, list, show. Fetching one needs a person, who confirms the password."""

import json
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.http import Http404
from django.urls import reverse
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from customers.api_base import ApiView
from customers.api_once import HEADER, created, once
from customers.api_pages import asked, page_of
from customers.api_schema import IDEMPOTENCY, PROBLEM
from customers.models import Scope
from customers.problems import Problem
from privacy.exports.ask import TooMany, ask_for_export
from privacy.exports.readers import exports_at
from privacy.models import Export
from privacy.serializers import (
    ExportPageSerializer,
    ExportQuery,
    ExportSerializer,
    NewExportSerializer,
)
from smartsvar.clock import database_now


class ExportView(ApiView):
    """For the customer's own keys: what a platform key may, it may for everybody."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if self.key.customer_id is None:
            raise Problem(403, "own_key_needed", "Exports are asked for with the customer's key.")

    def rows(self) -> Any:
        """Exports also of a customer whose processing is restricted: access is its right."""
        return exports_at(self.customer)

    def fetch(self, identity: UUID) -> Export:
        found: Export | None = self.rows().filter(id=identity).first()
        if found is None:
            raise Http404
        return found

    def shown(self) -> dict[str, Any]:
        """What a serializer needs to name an export's page."""
        return {"site": settings.PUBLIC_URL, "address": self._address}

    def _address(self, export: Export) -> str:
        return reverse("privacy:export", args=[self.customer.number, export.id])


class ExportList(ExportView):
    """The customer's exports."""

    scopes = {"GET": Scope.PRIVACY_EXPORT, "POST": Scope.PRIVACY_EXPORT}

    @extend_schema(parameters=[ExportQuery], responses=ExportPageSerializer)
    def get(self, request: Request) -> Response:
        """List exports, newest first."""
        query = asked(ExportQuery, request)
        page = page_of(self.rows(), "asked_at", cursor=query.get("cursor"), limit=query["limit"])
        return Response(ExportPageSerializer(page, context=self.shown()).data)

    @extend_schema(
        parameters=[IDEMPOTENCY],
        request=NewExportSerializer,
        responses={
            201: ExportSerializer,
            409: OpenApiResponse(PROBLEM, "`in_flight`; `too_many`: one must go first."),
            410: OpenApiResponse(PROBLEM, "`gone`: the export has been deleted since."),
            422: OpenApiResponse(PROBLEM, "`idempotency_mismatch`."),
        },
    )
    def post(self, request: Request) -> Response:
        """Ask for an export; administrators get a mail when it is ready."""
        at = database_now()
        with once(self, at=at) as claim:
            claim.fingerprint(json.dumps(["exports", request.data], sort_keys=True))
            if claim.made:
                return self._answer(self._made_before(claim.made), replayed=True)
            with transaction.atomic():
                export = self._ask(request, at)
                claim.settle(export.id)
        return self._answer(export, replayed=False)

    def _ask(self, request: Request, at: datetime) -> Export:
        form = NewExportSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        try:
            return ask_for_export(
                self.customer, **form.asked(self.customer), case=None, by=self.key, at=at
            )
        except TooMany as error:
            detail = "There are too many exports. One must be deleted, or expire, first."
            raise Problem(409, "too_many", detail) from error

    def _made_before(self, made: UUID) -> Export:
        try:
            return self.fetch(made)
        except Http404 as error:
            detail = "What the first request made has been deleted since."
            raise Problem(410, "gone", detail, field=HEADER) from error

    def _answer(self, export: Export, *, replayed: bool) -> Response:
        data = ExportSerializer(export, context=self.shown()).data
        return created(data, reverse("api:export-detail", args=[export.pk]), replayed=replayed)


class ExportDetail(ExportView):
    """One export."""

    scopes = {"GET": Scope.PRIVACY_EXPORT}

    @extend_schema(responses=ExportSerializer)
    def get(self, request: Request, export_id: UUID) -> Response:
        """Show how far an export has come."""
        return Response(ExportSerializer(self.fetch(export_id), context=self.shown()).data)
