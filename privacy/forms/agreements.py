"""Who signs an agreement, and the code that proves it."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from privacy.agreements.proof import DIGITS
from privacy.record.faces import prints
from smartsvar.plain_text import PlainText


def one_printed_line(text: str) -> None:
    """Refuse what would stand on the signed page as something else than was written.

    Raises ValidationError.
    """
    if not text.replace("\u00a0", " ").isprintable():  # names are pasted with such spaces
        raise forms.ValidationError(_("Write it on one line."))
    if not prints(text):
        raise forms.ValidationError(
            _("The agreement can print Latin, Greek and Cyrillic letters. Write it in those.")
        )


class SignerForm(PlainText, forms.Form):
    """Name and position as they will stand on the signature page, and that the signer may sign."""

    name = forms.CharField(
        label=_("Your name"), max_length=120, validators=[one_printed_line],
        help_text=_("Latin, Greek and Cyrillic letters can be printed."),
        widget=forms.TextInput({"autocomplete": "name"}),
    )  # fmt: skip
    title = forms.CharField(
        label=_("Your position in the company"), max_length=120, validators=[one_printed_line],
        help_text=_("Such as: managing director."),
        widget=forms.TextInput({"autocomplete": "organization-title"}),
    )  # fmt: skip
    entitled = forms.BooleanField(label=_("I have read the agreement and may sign for the company"))
    version = forms.CharField(max_length=64, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, name: str = "", version: str = "") -> None:
        super().__init__(data, initial={"name": name, "version": version}, label_suffix="")


class CodeForm(PlainText, forms.Form):
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
