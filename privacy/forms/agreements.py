"""Who signs an agreement, and the code that proves it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from privacy.agreements.proof import DIGITS


class SignerForm(forms.Form):
    """Name and position as they will stand on the signature page, and that the signer may sign."""

    name = forms.CharField(
        label=_("Your name"), max_length=120, widget=forms.TextInput({"autocomplete": "name"})
    )
    title = forms.CharField(
        label=_("Your position in the company"), max_length=120,
        help_text=_("Such as: managing director."),
        widget=forms.TextInput({"autocomplete": "organization-title"}),
    )  # fmt: skip
    entitled = forms.BooleanField(label=_("I have read the agreement and may sign for the company"))
    version = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, name: str = "", version: str = "") -> None:
        super().__init__(data, initial={"name": name, "version": version}, label_suffix="")


class CodeForm(forms.Form):
    """The code that came by mail; spaces do not matter."""

    code = forms.CharField(
        label=_("The code from the mail"), max_length=40,
        widget=forms.TextInput({"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )  # fmt: skip

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, label_suffix="")

    def clean_code(self) -> str:
        code = "".join(self.cleaned_data["code"].split())
        if not (code.isascii() and code.isdecimal() and len(code) == DIGITS):
            raise forms.ValidationError(_("The code has %(digits)d digits.") % {"digits": DIGITS})
        return code
