"""Calls on Mina Sidor: the list, the audio, deletion. The call's page is composed in the portal."""

from uuid import UUID

from django.contrib import messages as flash
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from customers.access import administers, changes, fetch_visible, member_page
from customers.actions.looks import Listed, note_listed
from customers.models import Member
from recordings.actions import DOWNLOADED, PLAYED, delete_recording
from recordings.forms import GrantForm, PeriodGrantForm, RecordingFilter
from recordings.listening import Scope, grant_listening, revoke_listening
from recordings.models import ListeningGrant, Recording
from recordings.streaming import AudioUnavailable, audio_response
from smartsvar.clock import database_now
from smartsvar.paging import page_of
from smartsvar.unreadable import RETRY_SECONDS


@require_safe
@member_page()
def call_list(request: HttpRequest, member: Member) -> HttpResponse:
    form = RecordingFilter(request.GET, customer=member.customer)
    rows = form.apply(Recording.objects.visible_to(member).select_related("staff"))
    older, newer = request.GET.get("older", ""), request.GET.get("newer", "")
    page = page_of(rows, moment="started_at", older=older, newer=newer)
    note_listed(Listed.CALLS, member.customer, by=member, at=member.asked_at)
    return render(request, "recordings/list.html", {"member": member, "form": form, "page": page})


@require_safe
@member_page()
def audio(request: HttpRequest, member: Member, identity: UUID) -> HttpResponseBase:
    return _audio(request, member, identity, PLAYED)


@require_safe
@member_page()
def download(request: HttpRequest, member: Member, identity: UUID) -> HttpResponseBase:
    """The same as a file to keep, and in the trail a word of its own: what is taken home stays."""
    response = _audio(request, member, identity, DOWNLOADED)
    said = response.get("Content-Disposition", "")
    if said:
        response["Content-Disposition"] = said.replace("inline", "attachment", 1)
    return response


def _audio(request: HttpRequest, member: Member, identity: UUID, verb: str) -> HttpResponseBase:
    recording = fetch_visible(Recording.objects, member, identity)
    try:
        return audio_response(request, recording, by=member, at=database_now(), verb=verb)
    except AudioUnavailable:
        said = _("The recording cannot be opened now. We have been told. Try again in a while.")
        headers = {"Retry-After": str(RETRY_SECONDS)}
        return HttpResponse(said, "text/plain; charset=utf-8", status=503, headers=headers)


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(may=changes)
def delete(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    recording = fetch_visible(Recording.objects, member, identity)
    if request.method == "POST":
        delete_recording(recording, by=member)
        flash.success(request, _("The recording is deleted, for good."))
        return redirect("recordings:list", member.customer.number)
    return render(request, "recordings/delete.html", {"member": member, "recording": recording})


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(may=administers)
def grant_call(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    """Let support listen to this call."""
    recording = fetch_visible(Recording.objects, member, identity)
    form = GrantForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        context = {"member": member, "recording": recording, "form": form}
        return render(request, "recordings/grant.html", context)
    return _granted(request, member, Scope(recording=recording), form)


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(may=administers)
def grant_period(request: HttpRequest, member: Member) -> HttpResponse:
    """Let support listen to the calls of some days."""
    form = PeriodGrantForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "recordings/grant.html", {"member": member, "form": form})
    return _granted(request, member, Scope(calls_from=form.start, calls_before=form.end), form)


def _granted(request: HttpRequest, member: Member, scope: Scope, form: GrantForm) -> HttpResponse:
    reason, at = form.cleaned_data["reason"], database_now()
    grant_listening(member.customer, scope, lasts=form.lasts, reason=reason, by=member, at=at)
    flash.success(request, _("Support may listen from now on. You see here who does."))
    return redirect("portal:grants", member.customer.number)


@require_http_methods(["POST"])
@member_page(may=administers, restricted=True)
def grant_revoke(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    """End a permission at once, without a question back: nothing is lost by it."""
    mine = ListeningGrant.objects.filter(customer=member.customer).timely()
    grant = mine.filter(id=identity).first()
    if grant is None:
        raise Http404
    if revoke_listening(grant, by=member, at=database_now()):
        flash.success(request, _("The permission is revoked. Support hears nothing more."))
    else:
        flash.success(request, _("The permission had ended already."))
    return redirect("portal:grants", member.customer.number)
