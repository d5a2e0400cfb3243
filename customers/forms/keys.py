"""Making an API key."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.models import Scope
from smartsvar.plain_text import PlainText

PERIODS = [(90, _("3 months")), (365, _("1 year")), (730, _("2 years"))]


class KeyForm(PlainText, forms.Form):
    """Which system, what it may do, for how long."""

    label = forms.CharField(
        label=_("System"),
        max_length=60,
        help_text=_("Which system uses the key, such as “The exchange”."),
    )
    scopes = forms.MultipleChoiceField(
        label=_("The key may"), choices=Scope, widget=forms.CheckboxSelectMultiple
    )
    days = forms.TypedChoiceField(label=_("Valid for"), choices=PERIODS, coerce=int, initial=365)

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, label_suffix="")
