"""Forms of support's desk: who asks, more time, the decision."""

from datetime import date
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.actions.covers import About
from customers.models import Customer, Target
from privacy.erasures.scope import find_single
from privacy.forms.cases import WISH, address_of
from privacy.models import CaseKind, CaseState
from smartsvar.plain_text import PlainText

ANSWERS = [
    (CaseState.GRANTED.value, _("granted")),
    (CaseState.REFUSED.value, _("refused")),
]
PEOPLE = {Target.STAFF, Target.MEMBER}
TAKEN = [
    (target.value, target.label)
    for target in (Target.CALLER, Target.STAFF, Target.MEMBER, Target.CUSTOMER)
]
TEXT = 6000
APPLIES_FROM = date(2018, 5, 25)  # article 99(2)


class TakingForm(PlainText, forms.Form):
    """A request that came by letter or telephone: from a caller, a person by id, or an account."""

    customer = forms.IntegerField(label=_("Customer number"), min_value=1)
    kind = forms.ChoiceField(label=_("Right"), choices=CaseKind.choices)
    target = forms.ChoiceField(label=_("About"), choices=TAKEN, widget=forms.RadioSelect)
    caller = forms.CharField(
        label=_("The caller's number or e-mail"), max_length=254, required=False,
        help_text=_("Only for a request about a caller."),
        widget=forms.TextInput({"autocomplete": "off"}),
    )  # fmt: skip
    object_id = forms.UUIDField(
        label=_("Id of the person"), required=False,
        help_text=_("Only for a request about a person on the staff register or a member."),
    )  # fmt: skip
    requester = forms.CharField(label=_("Who asks"), max_length=120)
    contact = forms.CharField(
        label=_("Where the answer goes"), max_length=500,
        help_text=_("An e-mail address, where there is one: it is told of news."),
    )  # fmt: skip
    received_on = forms.DateField(
        label=_("Received"), widget=forms.DateInput({"type": "date"}),
        help_text=_("The day it reached us: the time to answer runs from there."),
    )  # fmt: skip
    wish = forms.CharField(
        label=_("What is asked"), max_length=WISH, required=False,
        widget=forms.Textarea({"rows": 4}),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, today: date) -> None:
        super().__init__(data, initial={"received_on": today.isoformat()})
        self.today = today

    def clean_customer(self) -> Customer:
        number = self.cleaned_data["customer"]
        found: Customer | None = Customer.objects.timely().filter(number=number).first()
        if found is None:
            raise forms.ValidationError(_("There is no customer with this number."))
        return found

    def clean_caller(self) -> str:
        written = self.cleaned_data["caller"].strip()
        found = address_of(written)
        if written and not found:
            raise forms.ValidationError(
                _("A withheld number is nobody's: nothing can be found by it.")
            )
        return found

    def clean_received_on(self) -> date:
        day: date = self.cleaned_data["received_on"]
        if day > self.today:
            raise forms.ValidationError(_("This day has not come yet."))
        if day < APPLIES_FROM:
            told = _("The GDPR has applied since %(day)s: no request is older.")
            raise forms.ValidationError(told % {"day": APPLIES_FROM})
        return day

    def clean(self) -> dict[str, Any]:
        answers: dict[str, Any] = super().clean() or {}
        target, caller = answers.get("target"), answers.get("caller")
        if "caller" not in self.errors and target:
            if target == Target.CALLER and not caller:
                self.add_error("caller", _("Write whom the request is about."))
            if target != Target.CALLER and caller:
                wrong = _("Leave it empty, or choose that it is about a caller.")
                self.add_error("caller", wrong)
        if "object_id" not in self.errors and target:
            self._check_person(target, answers)
        return answers

    def _check_person(self, target: str, answers: dict[str, Any]) -> None:
        """Refuse an id that is none of the customer's people of this kind."""
        identity, customer = answers.get("object_id"), answers.get("customer")
        if target not in PEOPLE:
            if identity is not None:
                wrong = _("Leave it empty, or choose that it is about a person.")
                self.add_error("object_id", wrong)
        elif identity is None:
            self.add_error("object_id", _("Write whom the request is about."))
        elif customer is not None:
            answers["person"] = find_single(customer, identity)
            if answers["person"] is None or answers["person"].target != target:
                self.add_error(
                    "object_id", _("This customer has nobody of this kind with this id.")
                )

    def about(self) -> About:
        """Return whom the request is about; after is_valid()."""
        said = self.cleaned_data
        person: About | None = said.get("person")
        return person or About(target=Target(said["target"]), caller=said["caller"])


class IdentityForm(PlainText, forms.Form):
    """How we know that who asks is who they say."""

    how = forms.CharField(
        label=_("How the identity was checked"), max_length=500,
        help_text=_("How, never with what: no copy or number of an identity document."),
    )  # fmt: skip


class ExtensionForm(PlainText, forms.Form):
    """Why the answer takes two more months; the person reads it."""

    reason = forms.CharField(
        label=_("Why more time is needed"), max_length=TEXT, widget=forms.Textarea({"rows": 3}),
        help_text=_("The person is told at once, and reads this in the portal."),
    )  # fmt: skip


class DecisionForm(PlainText, forms.Form):
    """Grant or refuse, in the words of the answer; shown once more before it goes."""

    state = forms.ChoiceField(
        label=_("Decision"), choices=ANSWERS, widget=forms.RadioSelect,
        help_text=_("Nothing is granted before the identity of who asks has been checked."),
    )  # fmt: skip
    decision = forms.CharField(
        label=_("What we do or have done"), max_length=TEXT, widget=forms.Textarea({"rows": 5}),
    )  # fmt: skip
    ground = forms.CharField(
        label=_("Why, with the article of law"), max_length=TEXT,
        widget=forms.Textarea({"rows": 4}),
        help_text=_(
            "Every decision has one: by which right it is granted, or why it is refused. What is"
            " kept: on which law and until when."
        ),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, identified: bool) -> None:
        super().__init__(data)
        self.identified = identified

    def clean_state(self) -> str:
        state: str = self.cleaned_data["state"]
        if state == CaseState.GRANTED and not self.identified:
            raise forms.ValidationError(
                _("Note first how the identity was checked, or refuse because it could not be.")
            )
        return state

    def answer(self) -> tuple[CaseState, str, str]:
        """Return the state, the ground and the decision; after is_valid()."""
        said = cast("dict[str, str]", self.cleaned_data)
        return CaseState(said["state"]), said["ground"], said["decision"]
