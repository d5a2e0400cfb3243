"""What the customer decides about its data."""

from typing import Any

from django import forms
from django.core.validators import MaxValueValidator
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from smartsvar.personal_data import keep_of
from smartsvar.plain_text import PlainText


class RetentionForm(PlainText, forms.Form):
    """Days to keep recordings; empty keeps them as long as the declaration says."""

    recording_days = forms.IntegerField(
        label=_("Days to keep recordings"), required=False, min_value=1,
        widget=forms.NumberInput(attrs={"inputmode": "numeric"}),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, customer: Customer) -> None:
        super().__init__(data, initial={"recording_days": customer.recording_days}, label_suffix="")
        self.customer = customer
        keep = keep_of("recordings.Recording")
        self.longest = keep.most_days()
        words = {"days": self.longest, "longest": keep.in_words()}
        field = self.fields["recording_days"]
        field.help_text = _("1 to %(days)d days. Empty: %(longest)s, the longest time.") % words
        field.validators.append(MaxValueValidator(self.longest))

    @property
    def shortens(self) -> bool:
        """Whether what was asked for is shorter than what is in force; after is_valid()."""
        wanted = self.cleaned_data["recording_days"]
        return wanted is not None and wanted < (self.customer.recording_days or self.longest)
