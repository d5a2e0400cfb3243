"""Why somebody's data is only to be stored, and whether it is to be kept past its time."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from smartsvar.plain_text import PlainText


class RestrictForm(PlainText, forms.Form):
    """The ground, in the words of whoever asks, and article 18(1)(b) and (c): kept on request."""

    reason = forms.CharField(
        label=_("Why"), max_length=1000, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Such as: the person says that it is not correct, or objects to its use."),
    )  # fmt: skip
    keeps = forms.BooleanField(
        label=_("The person wants it kept: it is not deleted when its time is up"), required=False
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, label_suffix="")
