"""What the customer's people do with a message: read, handled, whose it is, what is noted."""

from datetime import datetime
from uuid import UUID

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from customers.models import Member, StaffMember
from messages.models import MessageNote, PhoneMessage, PhoneMessageQuerySet
from smartsvar.audit.actors import Acting
from smartsvar.audit.trail import record, record_many
from smartsvar.shredding.claims import held_among
from smartsvar.shredding.models import Gone, Held

NOTES = 100  # on one message


class MemberGone(Exception):
    """Whoever was to deal with it has been removed meanwhile."""


class TooManyNotes(Exception):
    """The message has NOTES notes."""


class Mark(models.TextChoices):
    """What can be said of messages, and unsaid: each has its opposite."""

    HANDLED = "handled", _("handled")
    UNHANDLED = "unhandled", _("not handled")
    READ = "read", _("read")
    UNREAD = "unread", _("unread")


VERBS = {
    Mark.HANDLED: "phonemessage.handled",
    Mark.UNHANDLED: "phonemessage.unhandled",
    Mark.READ: "phonemessage.marked_read",
    Mark.UNREAD: "phonemessage.marked_unread",
}


def mark_messages(rows: PhoneMessageQuerySet, as_: Mark, *, by: Acting, at: datetime) -> list[UUID]:
    """Mark these messages, all at once; return those that were not marked so before.

    Each of those leaves a trace; the others are left as they are, with whoever marked them first.
    """
    changes = _changes(as_, by, at)
    column = "handled_at" if "handled_at" in changes else "read_at"
    other = rows.filter(**{f"{column}__isnull": changes[column] is not None})
    with transaction.atomic():
        found = list(
            other.select_for_update(of=("self",), no_key=True).values_list("id", flat=True)
        )
        rows.model._base_manager.filter(id__among=found, shred_job_id=None).update(**changes)
        owners = rows.model._base_manager.filter(id__among=found).values_list("customer_id", "id")
        label = PhoneMessage._meta.label
        record_many(VERBS[as_], label, list(owners), by=by.actor, at=at)
    return found


def _changes(as_: Mark, by: Acting, at: datetime) -> dict[str, object]:
    """Return the columns that a mark writes. A system has no name to stand there."""
    member = by if isinstance(by, Member) else None
    changes: dict[Mark, dict[str, object]] = {
        Mark.HANDLED: {"handled_at": at, "handled_by": member},
        Mark.UNHANDLED: {"handled_at": None, "handled_by": None},
        Mark.READ: {"read_at": at},
        Mark.UNREAD: {"read_at": None},
    }
    return changes[as_]


def assign_message(message: PhoneMessage, to: Member | None, *, by: Member, at: datetime) -> None:
    """Make a message somebody's to deal with, or nobody's.

    Raises Gone when it is being deleted, MemberGone.
    """
    if message.assigned_to_id == (to.id if to else None):
        return
    verb = "phonemessage.assigned" if to else "phonemessage.unassigned"
    with transaction.atomic():
        living = PhoneMessage.objects.filter(id=message.id, shred_job_id=None)
        if not living.select_for_update(no_key=True).values_list("id"):
            raise Gone
        if to is not None and not still_there(to):
            raise MemberGone
        living.update(assigned_to=to)
        record(verb, message, by=by, customer_id=message.customer_id, at=at)


def still_there(person: Member | StaffMember) -> bool:
    """Lock somebody, in the caller's transaction, so that a row may point there; False: removed."""
    living = type(person)._base_manager.filter(pk=person.pk, shred_job_id=None)
    return bool(living.select_for_update(no_key=True).values_list("pk"))


def add_note(message: PhoneMessage, text: str, *, by: Member, at: datetime) -> MessageNote:
    """Write a note under the message's key. Raises Gone, TooManyNotes."""
    note = MessageNote(customer_id=message.customer_id, message=message, author=by, written_at=at)
    note.text = text
    with transaction.atomic():
        living = PhoneMessage.objects.filter(id=message.id, shred_job_id=None)
        if not living.select_for_update(no_key=True).values_list("id"):
            raise Gone
        if message.notes.count() >= NOTES:
            raise TooManyNotes
        note.save(force_insert=True)
        record("phonemessage.noted", message, by=by, customer_id=message.customer_id, at=at)
    return note


def change_note(note: MessageNote, text: str, *, by: Member, at: datetime) -> None:
    """Write it anew; that it was changed shows. Raises Gone, Held: what is kept stays as it was."""
    with transaction.atomic():
        message = _message_under_lock(note)
        note.text, note.changed_at = text, at
        note.save(force_update=True)
        record("phonemessage.note_changed", message, by=by, customer_id=note.customer_id, at=at)


def remove_note(note: MessageNote, *, by: Member, at: datetime) -> None:
    """Take a note out, for good. Raises Gone, Held."""
    with transaction.atomic():
        message = _message_under_lock(note)
        note.delete()
        record("phonemessage.note_removed", message, by=by, customer_id=message.customer_id, at=at)


def _message_under_lock(note: MessageNote) -> PhoneMessage:
    """Lock the note's message, so that neither a deletion nor a hold comes in between.

    Raises Gone when it or the note is no more: its writer may have two windows. Raises Held.
    """
    rows = PhoneMessage.objects.filter(id=note.message_id, shred_job_id=None)
    message: PhoneMessage | None = rows.select_for_update(of=("self",), no_key=True).first()
    if message is None or not MessageNote.objects.filter(pk=note.pk).exists():
        raise Gone
    if held_among(PhoneMessage, [message.pk]):
        raise Held(PhoneMessage._meta.label, {message.pk})
    return message
