"""The filter that lists of calls and of messages share; it lives in the page's address."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from customers.actions.staff import register_of
from customers.forms.focus import FocusingForm
from customers.forms.people import person_field
from customers.models import Customer
from customers.models.tenancy import going_soon
from smartsvar import callers
from smartsvar.clock import STOCKHOLM, database_now

YEARS = [MinValueValidator(date(2000, 1, 1)), MaxValueValidator(date(2100, 1, 1))]


def day_field(label: Any) -> forms.DateField:
    """A day, picked in the browser's own calendar."""
    widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    return forms.DateField(label=label, required=False, widget=widget, validators=YEARS)


class ListFilter(FocusingForm):
    """Days from and to (both included), a caller's number, a person, only what is deleted soon."""

    since = day_field(_("From"))
    until = day_field(_("To and including"))
    caller = forms.CharField(
        label=_("Caller's number"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )
    staff = forms.Field(label=_("For"))  # with people as the form is made
    soon = forms.BooleanField(label=_("Only what is deleted within a week"), required=False)

    def __init__(self, data: Any, *, customer: Customer) -> None:
        super().__init__(data, label_suffix="")
        self.customer = customer
        self.fields["staff"] = person_field(_("For"), register_of(customer), nobody=_("Everybody"))

    def clean_caller(self) -> str:
        text: str = self.cleaned_data["caller"]
        if not text.strip():
            return ""
        try:
            address = callers.normalise(text)
        except ValueError as error:
            raise forms.ValidationError(
                _("Write a whole phone number, such as 070-174 06 05.")
            ) from error
        if not address:
            raise forms.ValidationError(_("Write a whole phone number, such as 070-174 06 05."))
        return address

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        first, last = said.get("since"), said.get("until")
        if first and last and last < first:
            self.add_error("until", _("The last day is before the first."))
        return said

    def narrow(self, rows: Any) -> Any:
        """Return those of the rows that are for whom it says, and deleted when it says."""
        if self.cleaned_data["soon"]:
            rows = rows.filter(going_soon(self.customer, database_now()))
        return rows.filter(staff=self.staff_id) if self.staff_id else rows

    @property
    def active(self) -> bool:
        """Whether anything is asked for."""
        return any(self.data.get(name) for name in self.fields)

    @property
    def start(self) -> datetime | None:
        """The first day's first moment in Stockholm."""
        day = self.cleaned_data.get("since")
        return datetime.combine(day, time.min, tzinfo=STOCKHOLM) if day else None

    @property
    def end(self) -> datetime | None:
        """The first moment after the last day."""
        day = self.cleaned_data.get("until")
        return (
            datetime.combine(day + timedelta(days=1), time.min, tzinfo=STOCKHOLM) if day else None
        )

    @property
    def staff_id(self) -> UUID | None:
        chosen = self.cleaned_data.get("staff")
        return UUID(chosen) if chosen else None
