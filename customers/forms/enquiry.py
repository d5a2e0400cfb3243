"""The contact form."""

from typing import Any

from django import forms
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from customers.actions.enquiries import EnquiryFacts
from customers.forms.focus import FocusingForm
from smartsvar import callers


def _input(kind: str, autocomplete: str) -> forms.TextInput:
    return forms.TextInput(attrs={"type": kind, "autocomplete": autocomplete})


class EnquiryForm(FocusingForm):
    """Who writes, how to answer, and about what. `website` is a trap that people do not see."""

    name = forms.CharField(label=_("Name"), max_length=120, widget=_input("text", "name"))
    email = forms.EmailField(
        label=_("E-mail"), max_length=254, help_text=_("The answer is sent here."),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )  # fmt: skip
    phone = forms.CharField(
        label=_("Phone"), max_length=60, required=False, widget=_input("tel", "tel")
    )
    company = forms.CharField(
        label=_("Company"), max_length=120, required=False, widget=_input("text", "organization")
    )
    matter = forms.CharField(
        label=_("What is it about?"), max_length=4000, widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("Leave out what is secret: passwords, personal identity numbers, health."),
    )  # fmt: skip
    # Taken as it is: whoever is caught is told of no mistake, for nobody sees the field.
    website = forms.Field(
        label=_("Leave this field empty"), required=False,
        widget=forms.TextInput(attrs={"tabindex": "-1", "autocomplete": "off"}),
    )  # fmt: skip

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, label_suffix="")

    def clean_phone(self) -> str:
        try:
            return callers.normalise(self.cleaned_data["phone"])
        except ValueError as error:
            raise forms.ValidationError(
                _("Write a whole phone number, such as 070-174 06 05.")
            ) from error

    @property
    def people(self) -> list[forms.BoundField]:
        """The fields that people see."""
        return [field for field in self.visible_fields() if field.name != "website"]

    @property
    def trapped(self) -> bool:
        """Whether a program filled in what no person sees."""
        return bool(self.cleaned_data["website"])

    def facts(self) -> EnquiryFacts:
        """Return the answers."""
        names = ("name", "email", "phone", "company", "matter")
        answers = {name: self.cleaned_data[name] for name in names}
        return EnquiryFacts(language=(get_language() or "sv")[:2], **answers)
