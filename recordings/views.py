"""Calls on Mina Sidor: the list, the audio, deletion. The call's page is composed in the portal."""

from uuid import UUID

from django.contrib import messages as flash
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from customers.access import changes, fetch_owned, member_page
from customers.models import Member
from recordings.actions import delete_recording
from recordings.forms import RecordingFilter
from recordings.models import Recording
from recordings.streaming import AudioUnavailable, audio_response
from smartsvar.clock import database_now
from smartsvar.paging import page_of
from smartsvar.unreadable import RETRY_SECONDS


@require_safe
@member_page()
def call_list(request: HttpRequest, member: Member) -> HttpResponse:
    form = RecordingFilter(request.GET, customer=member.customer)
    rows = form.apply(Recording.objects.of(member.customer).select_related("staff"))
    older, newer = request.GET.get("older", ""), request.GET.get("newer", "")
    page = page_of(rows, moment="started_at", older=older, newer=newer)
    return render(request, "recordings/list.html", {"member": member, "form": form, "page": page})


@require_safe
@member_page()
def audio(request: HttpRequest, member: Member, identity: UUID) -> HttpResponseBase:
    recording = fetch_owned(Recording.objects, member.customer, identity)
    try:
        return audio_response(request, recording, by=member, at=database_now())
    except AudioUnavailable:
        said = _("The recording cannot be opened now. We have been told. Try again in a while.")
        headers = {"Retry-After": str(RETRY_SECONDS)}
        return HttpResponse(said, "text/plain; charset=utf-8", status=503, headers=headers)


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(may=changes)
def delete(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    recording = fetch_owned(Recording.objects, member.customer, identity)
    if request.method == "POST":
        delete_recording(recording, by=member)
        flash.success(request, _("The recording is deleted, for good."))
        return redirect("recordings:list", member.customer.number)
    return render(request, "recordings/delete.html", {"member": member, "recording": recording})
