"""A note on a message is changed and taken out by whoever wrote it, and by nobody else."""

from uuid import UUID

from django.contrib import messages as flash
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from customers.access import fetch_visible, member_page
from customers.models import Member
from messages.forms import NoteForm
from messages.handling import change_note, remove_note
from messages.models import MessageNote, PhoneMessage
from smartsvar.clock import database_now


@require_http_methods(["GET", "HEAD", "POST"])
@member_page()
def note_change(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    note, message = _fetch(member, identity)
    form = NoteForm(request.POST if request.method == "POST" else None, text=note.text)
    if request.method == "POST" and form.is_valid():
        change_note(note, form.cleaned_data["text"], by=member, at=database_now())
        flash.success(request, _("The changes are saved."))
        return redirect("portal:message", member.customer.number, message.pk)
    context = {"member": member, "phone_message": message, "form": form, "note": note}
    return render(request, "phone_messages/note.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member_page()
def note_remove(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    note, message = _fetch(member, identity)
    if request.method == "POST":
        remove_note(note, by=member, at=database_now())
        flash.success(request, _("The note is removed."))
        return redirect("portal:message", member.customer.number, message.pk)
    context = {"member": member, "phone_message": message, "note": note}
    return render(request, "phone_messages/note_remove.html", context)


def _fetch(member: Member, identity: UUID) -> tuple[MessageNote, PhoneMessage]:
    """Return the member's own note and its message. Raises Http404: others' are not there."""
    mine = MessageNote.objects.filter(author=member, customer=member.customer)
    note = mine.filter(pk=identity).first()
    if note is None or not member.may_change:  # its writer may have become a reader
        raise Http404
    return note, fetch_visible(PhoneMessage.objects, member, note.message_id)
