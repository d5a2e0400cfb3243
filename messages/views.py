"""Messages on Mina Sidor: the list, what is said of them, sending on, deletion.

A message's page is composed in the portal.
"""

from typing import Any
from uuid import UUID

from django.contrib import messages as flash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers.access import changes, fetch_visible, member_page
from customers.actions.looks import Listed, note_listed
from customers.models import Member
from messages.actions import delete_message
from messages.forms import AssignForm, MarkForm, MarkManyForm, MessageFilter, NoteForm, SendOnForm
from messages.handling import (
    NOTES,
    Mark,
    MemberGone,
    TooManyNotes,
    add_note,
    assign_message,
    mark_messages,
)
from messages.models import PhoneMessage, PhoneMessageQuerySet
from messages.sending_on import MOST, RecipientGone, SentOften, UnderWay, send_on
from messages.undoing import offer_undo, offered_undo
from smartsvar.clock import database_now
from smartsvar.paging import page_of


def shown_to(member: Member) -> PhoneMessageQuerySet:
    """The messages that a member is shown, with what a list tells of each."""
    rows: PhoneMessageQuerySet = PhoneMessage.objects.visible_to(member)
    return rows.select_related("staff", "assigned_to").with_delivery()


@require_safe
@member_page()
def message_list(request: HttpRequest, member: Member) -> HttpResponse:
    form = MessageFilter(request.GET, member=member)
    older, newer = request.GET.get("older", ""), request.GET.get("newer", "")
    page = page_of(form.apply(shown_to(member)), moment="taken_at", older=older, newer=newer)
    note_listed(Listed.MESSAGES, member.customer, by=member, at=member.asked_at)
    context = {
        "member": member, "form": form, "page": page, "marks": Mark.choices,
        "undo": offered_undo(request.session, to=member, at=database_now()),
    }  # fmt: skip
    return render(request, "phone_messages/list.html", context)


@require_POST
@member_page(may=changes)
def mark_many(request: HttpRequest, member: Member) -> HttpResponse:
    """Mark what is chosen in a list; then back to the list as it was asked for."""
    form = MarkManyForm(request.POST)
    if form.is_valid():
        rows, as_ = PhoneMessage.objects.visible_to(member), Mark(form.cleaned_data["mark"])
        at = database_now()
        marked = mark_messages(form.among(rows), as_, by=member, at=at)
        offer_undo(request.session, marked, as_, by=member, at=at)
        count = len(marked)
        said = ngettext("%(count)d message is marked.", "%(count)d messages are marked.", count)
        flash.success(request, said % {"count": count})
    else:
        flash.error(request, " ".join(map(str, sum(form.errors.values(), []))))
    answer = redirect("phone_messages:list", member.customer.number)
    answer["Location"] += f"?{request.GET.urlencode()}" if request.GET else ""
    return answer


@require_POST
@member_page(may=changes)
def mark(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    """Mark one message. Whoever makes it unread goes to the list: its page would make it read."""
    message = fetch_visible(PhoneMessage.objects, member, identity)
    form = MarkForm(request.POST)
    if not form.is_valid():
        return redirect("portal:message", member.customer.number, message.pk)
    as_, mine = Mark(form.cleaned_data["mark"]), PhoneMessage.objects.visible_to(member)
    at = database_now()
    marked = mark_messages(mine.filter(id=message.pk), as_, by=member, at=at)
    flash.success(request, MARKED[as_]())
    if as_ is Mark.UNREAD:
        offer_undo(request.session, marked, as_, by=member, at=at)
        return redirect("phone_messages:list", member.customer.number)
    return redirect("portal:message", member.customer.number, message.pk)


MARKED = {
    Mark.HANDLED: lambda: _("The message is marked as handled."),
    Mark.UNHANDLED: lambda: _("The message is not handled any more."),
    Mark.READ: lambda: _("The message is marked as read."),
    Mark.UNREAD: lambda: _("The message is marked as unread."),
}


@require_POST
@member_page(may=changes)
def assign(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    message = fetch_visible(PhoneMessage.objects, member, identity)
    form = AssignForm(request.POST, message=message)
    if form.is_valid():
        try:
            assign_message(message, form.chosen, by=member, at=database_now())
        except MemberGone:
            flash.error(request, _("The person is a member no more. Choose somebody else."))
        else:
            flash.success(request, _assigned(form.chosen))
    else:
        flash.error(request, _("Choose one of the members, or nobody."))
    return redirect("portal:message", member.customer.number, message.pk)


def _assigned(to: Member | None) -> str:
    if to is None:
        return _("The message is assigned to nobody.")
    return _("The message is assigned to %(name)s.") % {"name": to.name}


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(may=changes)
def note(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    message = fetch_visible(PhoneMessage.objects, member, identity)
    form = NoteForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            add_note(message, form.cleaned_data["text"], by=member, at=database_now())
        except TooManyNotes:
            full = _("The message has %(count)d notes, and takes no more.") % {"count": NOTES}
            form.add_error("text", full)
        else:
            flash.success(request, _("The note is saved."))
            return redirect("portal:message", member.customer.number, message.pk)
    return _page(request, "note", member, message, form)


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(may=changes)
def send_on_page(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    message = fetch_visible(PhoneMessage.objects.select_related("staff"), member, identity)
    form = SendOnForm(request.POST if request.method == "POST" else None, message=message)
    if request.method == "POST" and form.is_valid():
        try:
            send_on(message, form.recipient, by=member, at=database_now())
        except UnderWay:
            form.add_error("to", _("It is on its way already. Wait until that has ended."))
        except RecipientGone:
            form.add_error("to", _("The person has been removed meanwhile. Choose somebody else."))
        except SentOften:
            form.add_error(
                "to", _("It has been sent on %(count)d times; no more.") % {"count": MOST}
            )
        else:
            flash.success(request, _("The message is being sent to %(address)s.") % {
                "address": form.recipient.where
            })  # fmt: skip
            return redirect("portal:message", member.customer.number, message.pk)
    return _page(request, "send_on", member, message, form)


def _page(
    request: HttpRequest, name: str, member: Member, message: PhoneMessage, form: Any
) -> HttpResponse:
    context = {"member": member, "phone_message": message, "form": form}
    return render(request, f"phone_messages/{name}.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(may=changes)
def delete(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    phone_message = fetch_visible(PhoneMessage.objects, member, identity)
    if request.method == "POST":
        delete_message(phone_message, by=member)
        flash.success(request, _("The message is deleted, for good."))
        return redirect("phone_messages:list", member.customer.number)
    return render(
        request, "phone_messages/delete.html", {"member": member, "phone_message": phone_message}
    )
