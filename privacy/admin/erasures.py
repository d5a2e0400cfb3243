"""Support's pages of erasures: their certificates, which a customer that is gone asks us for.

A certificate says how much went and what stays, and nothing of whom it was about.
"""

from typing import Any, cast
from uuid import UUID

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path
from django.utils.translation import pgettext

from customers.models import User
from privacy.models import Erasure, SignedReceipt
from smartsvar.audit.trail import record
from smartsvar.back_office.pages import ReadOnlyPages
from smartsvar.back_office.site import support_site
from smartsvar.clock import database_now
from smartsvar.unreadable import noticed
from smartsvar.vault.errors import Unreadable


@admin.register(Erasure, site=support_site)
class ErasurePages(ReadOnlyPages):
    list_display = ("asked_at", "customer_id", "target", "state", "starts_at", "closed_at", "id")
    shown = (
        *list_display, "object_model", "object_id", "mentions", "asked_by_kind", "lease_until",
        "due_at",
    )  # fmt: skip
    list_filter = ("state", "target")
    ordering = ("-asked_at", "-id")
    change_form_template = "admin/privacy/erasure/change_form.html"

    def get_urls(self) -> list[URLPattern]:
        view: Any = self.admin_site.admin_view(self.certificate)
        view.model_admin = self
        address = path("<uuid:object_id>/certificate/", view, name="privacy_erasure_certificate")
        return [address, *super().get_urls()]

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> Any:
        erasure = kwargs.get("obj")
        if erasure is not None:
            certificate = _read(erasure)
            if certificate:
                _trace("erasure.read", erasure, request)
            context |= {"fact": certificate.get("fact"), "certificate": bool(certificate)}
            chain = SignedReceipt.objects.filter(customer_id=erasure.customer_id)
            context["receipt"] = chain.order_by("-sequence").first()
        return super().render_change_form(request, context, *args, **kwargs)

    def certificate(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """The signed file, for whoever can no longer sign in; the log says who took it."""
        erasure = self.get_queryset(request).filter(id=object_id).first()
        if erasure is None or not (certificate := _read(erasure)):
            raise Http404
        _trace("erasure.fetched", erasure, request)
        answer = JsonResponse(certificate, json_dumps_params={"indent": 2})
        name = f"{pgettext('file name', 'certificate')}-{erasure.id}.json"
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer


def _trace(verb: str, erasure: Erasure, request: HttpRequest) -> None:
    by = cast(User, request.user)
    record(verb, erasure, by=by, customer_id=erasure.customer_id, at=database_now())


def _read(erasure: Erasure) -> dict[str, Any]:
    """Return the certificate, empty where there is none yet or it does not open: that is told."""
    try:
        return cast("dict[str, Any]", erasure.certificate)
    except Unreadable as error:
        noticed(error, erasure.place)
        return {}
