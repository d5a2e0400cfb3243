"""Support's door to what customers have permitted: live grants, their calls, and a player.

Whoever is not one of the few who may listen is refused, with a trace. Every part of the audio is
asked for anew in recordings/listening.py; what is decided here is only how a refusal is told.
"""

from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import User
from recordings.listening import SESSION, is_listener, read_reason
from recordings.models import ListeningGrant, Recording
from recordings.streaming import AudioUnavailable, audio_response
from smartsvar.audit.trail import record_once
from smartsvar.back_office.pages import CustomersRowsPages
from smartsvar.back_office.site import support_site
from smartsvar.clock import database_now

CALLS = 50


@admin.register(ListeningGrant, site=support_site)
class ListeningGrantPages(CustomersRowsPages):
    """Live grants. Nobody of ours makes, changes or prolongs one."""

    list_display = ("ends_at", "customer_number", "kind", "calls_from", "calls_before", "id")
    shown = (*list_display, "recording_id", "begins_at")
    list_filter = ("kind",)
    ordering = ("ends_at", "id")
    change_form_template = "admin/recordings/listeninggrant/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Those in force; what has ended is the customer's to look at."""
        rows = ListeningGrant.objects.in_force().select_related("customer")
        return cast(
            "QuerySet[Any]", rows.defer("sealed", "customer__sealed").order_by(*self.ordering)
        )

    @admin.display(description=gettext_lazy("call"))
    def recording_id(self, grant: ListeningGrant) -> str:
        return str(grant.recording_id or "–")

    def get_urls(self) -> list[URLPattern]:
        views = {
            "reason": ("reason/", self.reason),
            "calls": ("calls/", self.calls),
            "call": ("calls/<uuid:identity>/", self.call),
            "audio": ("calls/<uuid:identity>/audio", self.audio),
        }
        return [*(self._address(name, *view) for name, view in views.items()), *super().get_urls()]

    def _address(self, name: str, rest: str, view: Any) -> URLPattern:
        guarded: Any = self.admin_site.admin_view(view)
        guarded.model_admin = self
        place, called = f"<uuid:object_id>/{rest}", f"recordings_listeninggrant_{name}"
        return cast(URLPattern, path(place, guarded, name=called))

    def _fetch(self, request: HttpRequest, identity: UUID) -> ListeningGrant:
        """Return the live grant. Raises PermissionDenied for who may not listen, and Http404."""
        if not is_listener(cast(User, request.user)):
            raise PermissionDenied
        grant: ListeningGrant | None = self.get_queryset(request).filter(id=identity).first()
        if grant is None:
            raise Http404
        return grant

    def reason(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Show why the customer lets support listen; the customer's log says who read it."""
        grant = self._fetch(request, object_id)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        reason = read_reason(grant, by=cast(User, request.user), at=database_now())
        return self._page(request, grant, "reason", _("Why support may listen"), reason=reason)

    def calls(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """List the calls under the grant: times and lengths, never who called."""
        grant = self._fetch(request, object_id)
        rows = grant.calls().defer("sealed").order_by("-started_at", "-id")
        page = Paginator(rows, CALLS).get_page(request.GET.get("p"))
        return self._page(request, grant, "calls", _("Calls that support may play"), rows=page)

    def call(self, request: HttpRequest, object_id: UUID, identity: UUID) -> HttpResponse:
        """Show the player."""
        grant = self._fetch(request, object_id)
        recording = grant.calls().defer("sealed").filter(pk=identity).first()
        if recording is None:
            raise Http404
        return self._page(request, grant, "call", _("Listen"), recording=recording)

    def audio(self, request: HttpRequest, object_id: UUID, identity: UUID) -> HttpResponseBase:
        """Serve the audio. 403 when the grant has ended, so that the player can say why."""
        agent, at = cast(User, request.user), database_now()
        if not is_listener(agent):
            raise PermissionDenied
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        grant = ListeningGrant.objects.filter(id=object_id).first()
        if grant is None:
            raise Http404
        recording = grant.calls().filter(pk=identity).first()
        if recording is None:
            raise Http404
        if not grant.in_force(at):
            return _ended(request, recording, agent, at)
        try:
            return audio_response(request, recording, by=agent, at=at)
        except AudioUnavailable:
            return HttpResponse(status=503)

    def _page(
        self, request: HttpRequest, grant: ListeningGrant, name: str, title: str, **context: Any
    ) -> TemplateResponse:
        context |= self.admin_site.each_context(request)
        context |= {"grant": grant, "title": title, "opts": self.opts}
        template = f"admin/recordings/listeninggrant/{name}.html"
        return TemplateResponse(request, template, context)


def _ended(request: HttpRequest, recording: Recording, agent: User, at: datetime) -> HttpResponse:
    """Refuse; one trace however often the audio is asked for, none for asking whether one may."""
    owner, verb = recording.customer_id, "recording.refused"
    if request.method == "GET":
        record_once(verb, recording, by=agent, customer_id=owner, at=at, within=SESSION)
    return HttpResponse(status=403, headers={"Cache-Control": "no-store"})
