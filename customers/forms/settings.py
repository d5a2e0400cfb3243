"""What the customer decides about its data."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.models import Customer

LONGEST = 92  # days that three calendar months can have


class RetentionForm(forms.Form):
    """Days to keep recordings; empty keeps them the full three months."""

    recording_days = forms.IntegerField(
        label=_("Days to keep recordings"), required=False, min_value=1, max_value=LONGEST,
        help_text=_("1 to 92 days. Empty: three months, the longest time."),
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, customer: Customer) -> None:
        super().__init__(data, initial={"recording_days": customer.recording_days}, label_suffix="")
        self.customer = customer

    @property
    def shortens(self) -> bool:
        """Whether what was asked for is shorter than what is in force; after is_valid()."""
        wanted = self.cleaned_data["recording_days"]
        return wanted is not None and wanted < (self.customer.recording_days or LONGEST)
