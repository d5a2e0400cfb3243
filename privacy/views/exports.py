"""Exports on Mina Sidor: ask, follow, fetch, throw away."""

from uuid import UUID

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from django.contrib import messages as flash
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from customers.access import member_page
from customers.models import Member
from privacy.exports.ask import TooMany, ask_for_export, throw_away
from privacy.exports.download import download, file_name
from privacy.exports.readers import exports_of
from privacy.exports.schema import schema
from privacy.forms.exports import ExportForm
from privacy.models import Export, ExportState
from smartsvar.clock import database_now
from smartsvar.paging import page_of
from smartsvar.shredding.models import Held


def _fetched(member: Member, identity: UUID) -> Export:
    """Return an export that the member may fetch. Raises Http404, also for another's."""
    rows = exports_of(member).filter(id=identity)
    export: Export | None = rows.select_related("customer", "case").first()
    if export is None:
        raise Http404
    return export


@require_safe
@member_page(restricted=True)
def exports(request: HttpRequest, member: Member) -> HttpResponse:
    older, newer = request.GET.get("older", ""), request.GET.get("newer", "")
    page = page_of(exports_of(member), moment="asked_at", older=older, newer=newer)
    return render(request, "privacy/exports.html", {"member": member, "page": page})


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(restricted=True)
def export_ask(request: HttpRequest, member: Member) -> HttpResponse:
    """Everybody asks about oneself; about the account and others administrators do."""
    form = ExportForm(request.POST or None, member=member)
    if request.method == "POST" and form.is_valid():
        at = database_now()
        try:
            export = ask_for_export(member.customer, **form.asked(), case=None, by=member, at=at)
        except TooMany:
            form.add_error(None, _("There are too many exports. Delete one that you do not need."))
        else:
            flash.success(request, _("The export is asked for. We send a mail when it is ready."))
            return redirect("privacy:export", member.customer.number, export.id)
    return render(request, "privacy/export_ask.html", {"member": member, "form": form})


@require_safe
@member_page(restricted=True)
def export(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    """How far it has come; when it is ready, its parts for whoever confirmed the password."""
    found = _fetched(member, identity)
    working = found.state in {ExportState.WAITING, ExportState.COLLECTING}
    context = {
        "member": member, "export": found, "working": working,
        "fresh": did_recently_reauthenticate(request), "confirm": _confirm(member, found),
        "parts": [(part, file_name(found, part)) for part in range(1, found.parts + 1)],
    }  # fmt: skip
    return render(request, "privacy/export.html", context)


def _confirm(member: Member, found: Export) -> str:
    """Return the address where the password is asked for, and that leads back."""
    here = reverse("privacy:export", args=[member.customer.number, found.id])
    return f"{reverse('account_reauthenticate')}?{urlencode({'next': here})}"


@require_safe
@member_page(restricted=True)
def export_part(
    request: HttpRequest, member: Member, identity: UUID, part: int
) -> HttpResponseBase:
    """One part of the archive, to whoever gave the password within the last minutes."""
    found = _fetched(member, identity)
    if found.state != ExportState.READY or not 1 <= part <= found.parts:
        raise Http404
    if not did_recently_reauthenticate(request):
        return redirect(_confirm(member, found))
    response: HttpResponseBase = HttpResponse()
    if request.method != "HEAD":
        response = StreamingHttpResponse(download(found, part, by=member, at=database_now()))
    response["Content-Type"] = "application/zip"
    response["Content-Disposition"] = f'attachment; filename="{file_name(found, part)}"'
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(restricted=True)
def export_delete(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    found = _fetched(member, identity)
    if request.method == "POST":
        try:
            throw_away(found, by=member)
        except Held:
            flash.error(request, _("A hold keeps the export: it cannot be deleted now."))
            return redirect("privacy:export", member.customer.number, found.id)
        flash.success(request, _("The export is deleted."))
        return redirect("privacy:exports", member.customer.number)
    return render(request, "privacy/export_delete.html", {"member": member, "export": found})


@require_safe
def export_schema(request: HttpRequest) -> JsonResponse:
    """The published schema of what an export holds; nobody's data."""
    return JsonResponse(schema(), json_dumps_params={"ensure_ascii": False, "indent": 1})
