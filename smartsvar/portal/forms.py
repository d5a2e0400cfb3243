"""What the timeline of calls and messages is asked for, and what is searched for in its text."""

import unicodedata
from typing import Any

from django import forms
from django.core.validators import MaxLengthValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.forms.focus import FocusingForm
from customers.models import Member
from messages.forms import MessageFilter
from recordings.models import RecordingQuerySet

SHORTEST = 2


class Kind(models.TextChoices):
    """What to show."""

    CALLS = "calls", _("Calls")
    MESSAGES = "messages", _("Messages")


class EventFilter(MessageFilter):
    """What both lists are asked for; a call is in no state, so a state leaves calls out."""

    kind = forms.ChoiceField(
        label=_("Show"), required=False, choices=[("", _("Calls and messages")), *Kind.choices]
    )

    def __init__(self, data: Any, *, member: Member) -> None:
        super().__init__(data, member=member)
        self.order_fields(["kind"])

    def shows(self, kind: Kind) -> bool:
        """Whether rows of this kind can be among what is asked for; after is_valid()."""
        if self.cleaned_data["kind"] not in {"", kind}:
            return False
        asks_state = self.cleaned_data["state"] or self.cleaned_data["unread"]
        return kind is Kind.MESSAGES or not asks_state

    def calls(self, rows: RecordingQuerySet) -> RecordingQuerySet:
        """Return the calls asked for."""
        found = rows.started_between(self.start, self.end)
        if self.cleaned_data["caller"]:
            found = found.from_caller(self.customer, self.cleaned_data["caller"])
        narrowed: RecordingQuerySet = self.narrow(found)
        return narrowed


class SearchForm(FocusingForm):
    """Words that must all occur, in any order and either case."""

    text = forms.CharField(
        label=_("Search in names, companies, matters and notes"), required=True,
        validators=[MaxLengthValidator(100)],
        widget=forms.TextInput(attrs={"autocomplete": "off", "type": "search"}),
    )  # fmt: skip

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, label_suffix="")

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        if len(text) < SHORTEST:
            raise forms.ValidationError(_("Write at least two letters."))
        return text

    @property
    def words(self) -> list[str]:
        """The words as they are compared; after is_valid()."""
        return comparable(self.cleaned_data["text"]).split()


def comparable(text: str) -> str:
    """Return the text in the form in which texts are compared: composed, without capitals."""
    return unicodedata.normalize("NFC", text).casefold()
