"""Forms of support's desk: restrict or hold, by customer number and id, or by a caller's number.

The number is what a letter asks about: it is written here once, sealed, and not shown again.
"""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.actions.covers import About
from customers.models import Customer, Target
from privacy.erasures.scope import find_single, restricts
from privacy.forms.exports import written_address
from smartsvar.clock import STOCKHOLM, furthest_day
from smartsvar.plain_text import PlainText


class CoverForm(PlainText, forms.Form):
    """What it is about: a caller, one thing by its id, or the whole account."""

    customer = forms.IntegerField(label=_("Customer number"), min_value=1)
    object_id = forms.UUIDField(
        label=_("Id"), required=False,
        help_text=_("Of a person on the staff register, a member or a record."),
    )  # fmt: skip
    caller = forms.CharField(
        label=_("The caller's number or e-mail"), max_length=254, required=False,
        help_text=_("Only when it is about a caller. You do not see it again."),
        widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip
    whole = forms.BooleanField(label=_("It is about the whole account"), required=False)
    reason = forms.CharField(
        label=_("Why"), max_length=1000, widget=forms.Textarea({"rows": 3}),
        help_text=_("The customer can read it; support cannot, once it is written."),
    )  # fmt: skip

    def clean_customer(self) -> Customer:
        number = self.cleaned_data["customer"]
        found: Customer | None = Customer.objects.timely().filter(number=number).first()
        if found is None:
            raise forms.ValidationError(_("There is no customer with this number."))
        return found

    def clean_caller(self) -> str:
        """As it is indexed. What names nobody is an error, and never the whole account."""
        typed = self.cleaned_data["caller"]
        return written_address(typed) if typed else ""

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or {}
        customer, identity = answers.get("customer"), answers.get("object_id")
        caller, whole = answers.get("caller"), answers.get("whole")
        if self.errors.keys() & {"object_id", "caller"}:
            return answers
        if [identity is not None, bool(caller), bool(whole)].count(True) != 1:
            one = _("Say what it is about: an id, a caller or the whole account, one of them.")
            self.add_error("object_id", one)
        elif caller:
            answers["about"] = About(target=Target.CALLER, caller=caller)
        elif whole:
            answers["about"] = About(target=Target.CUSTOMER)
        elif customer is not None and identity is not None:
            answers["about"] = find_single(customer, identity)
            if answers["about"] is None:
                self.add_error("object_id", _("This customer has nothing with this id."))
        return answers


class RestrictionForm(CoverForm):
    """Article 18, imposed by support: a suspended account, or what somebody asked of us."""

    keeps = forms.BooleanField(
        label=_("The person wants it kept: it is not deleted when its time is up"), required=False
    )

    def clean(self) -> dict[str, Any]:
        answers = super().clean()
        about = answers.get("about")
        if about is not None and not restricts(about):
            self.add_error("object_id", _("This is nothing that a restriction would change."))
        return answers


class HoldForm(CoverForm):
    """A legal hold: why, and until which day if that is known."""

    ends_on = forms.DateField(
        label=_("Ends"), required=False, widget=forms.DateInput({"type": "date"}),
        help_text=_("After this day. Empty: until it is ended here."),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, at: datetime) -> None:
        super().__init__(data)
        self.at = at

    @property
    def ends_at(self) -> datetime | None:
        """The first moment after the last day, in Stockholm; after is_valid()."""
        day = self.cleaned_data.get("ends_on")
        after = day + timedelta(days=1) if day else None
        return datetime.combine(after, time.min, tzinfo=STOCKHOLM) if after else None

    def clean(self) -> dict[str, Any]:
        answers = super().clean()
        ends_at = self.ends_at
        if ends_at is not None and ends_at <= self.at:
            self.add_error("ends_on", _("This day is over."))
        return answers

    def clean_ends_on(self) -> date | None:
        day: date | None = self.cleaned_data["ends_on"]
        if day is not None and day > furthest_day(self.at):
            raise forms.ValidationError(_("This day is too far ahead."))
        return day
