"""Forms of a request: asking for something, in the portal."""

from typing import Any
from uuid import UUID

from django import forms
from django.core.validators import validate_email
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from customers.actions.covers import About
from customers.forms.people import askable, person_field
from customers.models import Member, StaffMember, Target
from privacy.cases.visible import cases_of
from privacy.models import CaseKind
from smartsvar import callers
from smartsvar.plain_text import PlainText

WISH = 4000
OPEN_LIMIT = 50  # of one member's at a time
# What each role may ask about, beside itself: as far as it keeps the data in the portal.
ABOUT = {
    Target.MEMBER: _("Me"),
    Target.CALLER: _("A caller"),
    Target.STAFF: _("A person on the staff register"),
    Target.CUSTOMER: _("The whole account"),
}


class CaseForm(PlainText, forms.Form):
    """Which right, about whom, and in the asker's own words what is wanted."""

    kind = forms.ChoiceField(label=_("What do you ask for?"))
    target = forms.ChoiceField(label=_("About whom?"))
    caller = forms.CharField(
        label=_("The caller's number or e-mail"), max_length=254, required=False,
        help_text=_("Only for a request about a caller."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    person = forms.Field()  # with people as the form is made
    requester = forms.CharField(
        label=_("Who asks"), max_length=120, required=False,
        help_text=_("The name in the answer. Empty: your own."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    wish = forms.CharField(
        label=_("In your own words"), max_length=WISH, required=False,
        help_text=_(
            "What should be corrected, which time it is about, why you object. Our support reads"
            " this text; what your callers have said does not belong here."
        ),
        widget=forms.Textarea(attrs={"rows": 5}),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, member: Member, kind: str = "") -> None:
        super().__init__(data, initial={"kind": kind}, label_suffix="")
        self.member = member
        about = [target for target in ABOUT if _may_ask(member, target)]
        rights = [(value, capfirst(label)) for value, label in CaseKind.choices]
        self._choices("kind", rights)
        self._choices("target", [(target, ABOUT[target]) for target in about])
        if Target.STAFF not in about:
            del self.fields["caller"], self.fields["person"], self.fields["requester"]
            return
        label = _("The person on the staff register")
        self.fields["person"] = person_field(label, askable(member.customer), nobody="–")
        self.fields["person"].help_text = _("Only for a request about such a person.")

    def _choices(self, name: str, choices: list[tuple[str, Any]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
        field.choices = choices

    def clean_caller(self) -> str:
        return address_of(self.cleaned_data["caller"])

    def clean(self) -> dict[str, Any]:
        answers: dict[str, Any] = super().clean() or {}
        mine = cases_of(self.member).filter(opened_by=self.member.id, closed_at=None)
        if mine.count() >= OPEN_LIMIT:
            self.add_error(None, _("You have many open requests. Wait for our answers first."))
        target = answers.get("target")
        if target == Target.CALLER and not answers.get("caller") and "caller" not in self.errors:
            self.add_error("caller", _("Write whom the request is about."))
        if target == Target.STAFF and not answers.get("person") and "person" not in self.errors:
            self.add_error("person", _("Choose whom the request is about."))
        if answers.get("kind") == CaseKind.RECTIFICATION and not answers.get("wish"):
            self.add_error("wish", _("Write what is wrong, and what would be right."))
        return answers

    def about(self) -> About:
        """Return whom the request is about; after is_valid()."""
        target = Target(self.cleaned_data["target"])
        if target == Target.CALLER:
            return About(target=target, caller=self.cleaned_data["caller"])
        if target == Target.STAFF:
            label, person = StaffMember._meta.label, UUID(self.cleaned_data["person"])
            return About(target=target, object_model=label, object_id=person)
        if target == Target.MEMBER:
            label = Member._meta.label
            return About(target=target, object_model=label, object_id=self.member.id)
        return About(target=target)


def address_of(text: str) -> str:
    """Return a caller's number (E.164, SIP) or e-mail as it is stored. Raises ValidationError."""
    text = text.strip()
    try:
        if "@" in text and not text.lower().startswith(("sip:", "sips:")):
            validate_email(text)
            return text
        return callers.normalise(text)
    except (ValueError, forms.ValidationError) as error:
        raise forms.ValidationError(_("Write a whole phone number or e-mail address.")) from error


def _may_ask(member: Member, target: Target) -> bool:
    if target == Target.CUSTOMER:
        return member.is_administrator
    return target == Target.MEMBER or member.may_change
