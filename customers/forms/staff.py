"""The form of a person on the staff register."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.actions.staff import StaffDetails
from customers.models import StaffMember
from smartsvar import callers

KEYWORDS = 30
KEYWORD_LENGTH = 60


class StaffForm(forms.Form):
    """Seed row A3: who can be asked for, how to reach them, what to answer."""

    name = forms.CharField(
        label=_("Name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    title = forms.CharField(label=_("Title"), max_length=120, required=False)
    phone = forms.CharField(
        label=_("Phone"), max_length=60, required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )  # fmt: skip
    email = forms.EmailField(
        label=_("E-mail"), max_length=254, required=False,
        help_text=_(
            "Messages to this person are sent here. Empty: they go to the company's address."
        ),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    keywords = forms.CharField(
        label=_("Keywords"), max_length=KEYWORDS * (KEYWORD_LENGTH + 2), required=False,
        help_text=_(
            "What callers may ask about, separated by commas: invoices, roofs, complaints."
        ),
    )  # fmt: skip
    answer_notice = forms.CharField(
        label=_("Answer notice"), max_length=1000, required=False,
        help_text=_("What to tell callers, such as “At lunch, back at one”."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, person: StaffMember | None = None) -> None:
        super().__init__(data, initial=_facts(person) if person else None, label_suffix="")

    def clean_phone(self) -> str:
        try:
            return callers.normalise(self.cleaned_data["phone"])
        except ValueError as error:
            raise forms.ValidationError(
                _("Write a whole phone number, such as 070-174 06 05.")
            ) from error

    def clean_keywords(self) -> list[str]:
        words = [word.strip() for word in self.cleaned_data["keywords"].split(",")]
        words = list(dict.fromkeys(word for word in words if word))
        if len(words) > KEYWORDS or any(len(word) > KEYWORD_LENGTH for word in words):
            raise forms.ValidationError(
                _("At most %(count)d keywords of %(length)d characters each."),
                params={"count": KEYWORDS, "length": KEYWORD_LENGTH},
            )
        return words

    def details(self) -> StaffDetails:
        """What the action takes; after is_valid()."""
        return StaffDetails(**self.cleaned_data)


def _facts(person: StaffMember) -> dict[str, Any]:
    facts = {name: getattr(person, name) for name in ("name", "title", "email", "answer_notice")}
    return facts | {"phone": callers.display(person.phone), "keywords": ", ".join(person.keywords)}
