"""Which messages to list, and what members say about them."""

from typing import Any
from uuid import UUID

from django import forms
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.actions.members import members_of
from customers.forms.filters import ListFilter
from customers.forms.focus import FocusingForm
from customers.forms.people import FEW, person_field
from customers.models import Member
from messages.handling import Mark
from messages.models import PhoneMessage, PhoneMessageQuerySet
from messages.sending_on import Recipient, again_to, colleagues, members
from smartsvar.plain_text import PlainText

CHOSEN = 100  # messages that one form marks


class State(models.TextChoices):
    """How far a message has come, as a list is asked for it."""

    UNDELIVERED = "undelivered", _("Not delivered")
    UNHANDLED = "unhandled", _("Not handled")
    HANDLED = "handled", _("Handled")
    MINE = "mine", _("Assigned to me")
    NOBODYS = "nobodys", _("Assigned to nobody")


class MessageFilter(ListFilter):
    """Days, caller, staff, state, and only what nobody has read."""

    state = forms.ChoiceField(
        label=_("State"), required=False, choices=[("", _("All")), *State.choices]
    )
    unread = forms.BooleanField(label=_("Only unread"), required=False)

    def __init__(self, data: Any, *, member: Member) -> None:
        super().__init__(data, customer=member.customer)
        self.member = member

    def apply(self, rows: PhoneMessageQuerySet) -> PhoneMessageQuerySet:
        """Return the rows asked for; none when the question makes no sense."""
        if not self.is_valid():
            return rows.none()
        found = rows.taken_between(self.start, self.end)
        if self.cleaned_data["caller"]:
            found = found.from_caller(self.customer, self.cleaned_data["caller"])
        if self.cleaned_data["unread"]:
            found = found.unread()
        if self.cleaned_data["state"]:
            found = self._in_state(found, State(self.cleaned_data["state"]))
        narrowed: PhoneMessageQuerySet = self.narrow(found)
        return narrowed

    def _in_state(self, rows: PhoneMessageQuerySet, state: State) -> PhoneMessageQuerySet:
        if state is State.UNDELIVERED:
            return rows.undelivered(self.customer)
        if state is State.MINE:
            return rows.assigned_to(self.member)
        if state is State.NOBODYS:
            return rows.nobodys()
        return rows.handled() if state is State.HANDLED else rows.unhandled()


class MarkForm(PlainText, forms.Form):
    """What is said of a message."""

    mark = forms.ChoiceField(label=_("Mark as"), choices=Mark)


class MarkManyForm(MarkForm):
    """What is said of several messages at once."""

    chosen = forms.Field(
        widget=forms.MultipleHiddenInput,
        error_messages={"required": _("Choose at least one message.")},
    )

    def clean_chosen(self) -> list[UUID]:
        try:
            ids = [UUID(each) for each in self.cleaned_data["chosen"]]
        except ValueError as error:
            raise forms.ValidationError(_("Choose messages in the list.")) from error
        return ids[:CHOSEN]

    def among(self, rows: PhoneMessageQuerySet) -> PhoneMessageQuerySet:
        """The chosen of `rows`, after is_valid(): somebody else's are not among them."""
        return rows.filter(id__among=self.cleaned_data["chosen"])


class AssignForm(PlainText, forms.Form):
    """Whose it is to deal with: a member who is shown the message, or nobody."""

    member = forms.ChoiceField(label=_("Assigned to"), required=False)

    def __init__(self, data: Any = None, *, message: PhoneMessage) -> None:
        self.people = {
            str(each.pk): each
            for each in members_of(message.customer)
            if each.may_see(message) and (each.may_change or each.pk == message.assigned_to_id)
        }
        assigned = str(message.assigned_to_id or "")
        initial = {"member": assigned if assigned in self.people else ""}
        super().__init__(data, initial=initial, label_suffix="")
        named = [(key, each.name) for key, each in self.people.items()]
        self.fields["member"].choices = [("", _("Nobody")), *named]  # type: ignore[attr-defined]

    @property
    def chosen(self) -> Member | None:
        """After is_valid()."""
        return self.people.get(self.cleaned_data["member"])


class NoteForm(FocusingForm):
    """A note on a message."""

    text = forms.CharField(
        label=_("Note"), max_length=2000,
        help_text=_("The caller has a right to read it. It is deleted with the message."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, text: str = "") -> None:
        super().__init__(data, initial={"text": text}, label_suffix="")


class SendOnForm(FocusingForm):
    """To whom a message is sent once more."""

    to = forms.ChoiceField(label=_("To"))

    def __init__(self, data: Any = None, *, message: PhoneMessage) -> None:
        super().__init__(data, label_suffix="")
        again, staff, people = again_to(message), colleagues(message), members(message)
        self.recipients = again | staff | people
        listed = staff if len(staff) <= FEW else {}
        groups = [
            (_("Again"), [(key, to.where) for key, to in again.items()]),
            (_("Staff register"), [(key, _named(to)) for key, to in listed.items()]),
            (_("Members"), [(key, _named(to)) for key, to in people.items()]),
        ]
        self.fields["to"].choices = [each for each in groups if each[1]]  # type: ignore[attr-defined]
        if staff and not listed:
            found = [to.staff for to in staff.values() if to.staff]
            colleague = person_field(_("Or to a colleague, by name"), found, nobody="")
            self.fields["colleague"] = colleague

    @property
    def recipient(self) -> Recipient:
        """After is_valid(). Whoever is named goes before what is picked."""
        named = self.cleaned_data.get("colleague")
        return self.recipients[f"staff-{named}" if named else self.cleaned_data["to"]]


def _named(to: Recipient) -> str:
    person = to.staff or to.member
    return f"{person.name if person else ''} · {to.where}"
