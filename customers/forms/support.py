"""Forms of support's pages: the contracting party (A1), and its first administrator."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from customers.actions.accounts import DETAILS, CustomerDetails
from customers.actions.contract import NOTICE, soonest
from customers.models import Customer, User
from customers.organisation_number import normalise as normalise_organisation
from smartsvar import callers
from smartsvar.clock import STOCKHOLM
from smartsvar.plain_text import PlainText

AHEAD = timedelta(days=10 * 366)  # no contract is noted to end later


class ContactForm(PlainText, forms.ModelForm):  # type: ignore[type-arg]
    """Who the customer is. Where its messages go is not here: only the customer changes that."""

    company_name = forms.CharField(label=_("company name"), max_length=120)
    organisation_number = forms.CharField(
        label=_("organisation number"),
        max_length=20,
        help_text=_("For a sole trader the personal identity number."),
    )
    contact_name = forms.CharField(label=_("contact person"), max_length=120)
    phone = forms.CharField(label=_("phone"), max_length=30)

    class Meta:
        model = Customer
        fields = ("language",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.label = capfirst(field.label)
        customer = self.instance
        if not customer._state.adding:
            known = {name: getattr(customer, name) for name in DETAILS}
            self.initial = {**known, "phone": callers.display(customer.phone), **self.initial}
            for field in self.fields.values():  # what was shown comes back beside what is written
                field.show_hidden_initial = True

    def clean_organisation_number(self) -> str:
        try:
            return normalise_organisation(self.cleaned_data["organisation_number"])
        except ValueError:
            raise forms.ValidationError(_("This is no Swedish organisation number.")) from None

    def clean_phone(self) -> str:
        try:
            number = callers.normalise(self.cleaned_data["phone"])
        except ValueError:
            number = ""
        if not number.startswith("+"):
            raise forms.ValidationError(_("This is no phone number."))
        return number

    @property
    def fields_changed(self) -> list[str]:
        """Which of the answers differ from what the page showed; after is_valid()."""
        return [name for name in DETAILS if name in self.changed_data]

    def details(self, email: str) -> CustomerDetails:
        """Return the answers, with the address that messages go to."""
        answers = {name: self.cleaned_data[name] for name in DETAILS if name != "email"}
        return CustomerDetails(email=email, **answers)


class ContractEndForm(PlainText, forms.Form):
    """The last day of a customer's contract, to come or past: not so long that all goes at once."""

    last_day = forms.DateField(
        label=_("Last day of the contract"), widget=forms.DateInput({"type": "date"})
    )

    def __init__(self, data: Any = None, *, customer: Customer, at: datetime) -> None:
        super().__init__(data)
        self._customer, self._at = customer, at
        self._opened = customer.opened_at.astimezone(STOCKHOLM).date()

    def clean_last_day(self) -> date:
        day: date = self.cleaned_data["last_day"]
        if day < self._opened:
            raise forms.ValidationError(_("The customer was opened after this day."))
        if day > self._at.astimezone(STOCKHOLM).date() + AHEAD:
            raise forms.ValidationError(_("The day is too far ahead."))
        if soonest(self._customer, _end_of(day)) < self._at + NOTICE:
            raise forms.ValidationError(
                _(
                    "With this day something would be deleted within %(days)d days, before a"
                    " mistake could be put right. Choose a later day; the customer can erase the"
                    " account itself sooner."
                )
                % {"days": NOTICE.days}
            )
        return day

    @property
    def ends_at(self) -> datetime:
        """The first moment after the last day, in Stockholm; after is_valid()."""
        return _end_of(self.cleaned_data["last_day"])


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time.min, tzinfo=STOCKHOLM)


class FirstAdministratorForm(PlainText, forms.Form):
    """Who is invited first, and invites the others."""

    administrator_name = forms.CharField(label=_("administrator's name"), max_length=120)
    administrator_email = forms.EmailField(
        label=_("administrator's e-mail"),
        max_length=254,
        help_text=_("Gets an invitation by mail. All other people are invited by the customer."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.label = capfirst(field.label)

    def clean_administrator_email(self) -> str:
        email = str(self.cleaned_data["administrator_email"]).strip().lower()
        if User.objects.filter(email=email, is_staff=True).exists():
            raise forms.ValidationError(_("Support staff cannot be members of a customer."))
        return email


class OpeningForm(FirstAdministratorForm, ContactForm):
    """A new customer: also where its messages go, and who is invited as its first administrator."""

    email = forms.EmailField(
        label=_("e-mail for messages"),
        max_length=254,
        help_text=_(
            "Where messages go that concern nobody in particular. Only the customer changes it."
        ),
    )
