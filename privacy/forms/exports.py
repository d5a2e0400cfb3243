"""Asking for an export."""

from typing import Any, cast
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils import translation
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.actions.covers import About
from customers.actions.staff import sort_key
from customers.forms.people import FEW, askable, labels_of, person_field
from customers.models import Customer, Member, StaffMember, Target
from privacy.models import Case, CaseKind, CaseState
from smartsvar import callers
from smartsvar.paging import openable
from smartsvar.plain_text import PlainText

KINDS = [
    (CaseKind.ACCESS, gettext_lazy("To see what you hold (art. 15)")),
    (CaseKind.PORTABILITY, gettext_lazy("To move it to another service (art. 20)")),
]
LANGUAGES = [("sv", "Svenska"), ("en", "English")]


def written_address(text: str) -> str:
    """Return a caller's number as E.164, or an e-mail address. Raises ValidationError."""
    text = text.strip()
    try:
        if "@" in text and not text.lower().startswith(("sip:", "sips:")):
            validate_email(text)
            return text
        address = callers.normalise(text)
    except (ValueError, ValidationError) as error:
        raise ValidationError(_("Write a phone number or an e-mail address.")) from error
    if not address:
        raise ValidationError(_("A withheld number is nobody's: nothing can be found by it."))
    return address


class ExportForm(PlainText, forms.Form):
    """About whom, why, and in which language."""

    about = forms.ChoiceField(label=gettext_lazy("About"))
    caller = forms.CharField(
        label=gettext_lazy("The caller's number or e-mail"),
        required=False,
        max_length=254,
        help_text=gettext_lazy("Only when it is about a caller."),
    )
    kind = forms.ChoiceField(label=gettext_lazy("What for"), choices=KINDS, required=False)
    language = forms.ChoiceField(
        label=gettext_lazy("Language of its pages"), choices=LANGUAGES, required=False
    )

    def __init__(self, data: Any = None, *, member: Member) -> None:
        customer = member.customer
        now = (translation.get_language() or customer.language)[:2]
        super().__init__(data, initial={"language": now}, label_suffix="")
        field = cast(forms.ChoiceField, self.fields["about"])
        if not member.is_administrator:
            field.choices = [(f"{Target.MEMBER.value}:{member.id}", _("Me"))]
            del self.fields["caller"]
            return
        register = askable(customer)
        field.choices = [
            (Target.CUSTOMER.value, capfirst(Target.CUSTOMER.label)),
            (Target.CALLER.value, capfirst(Target.CALLER.label)),
            (_("Members"), _members(customer)),
            *self._staff(register),
        ]

    def _staff(self, register: list[StaffMember]) -> list[Any]:
        """Return the choices of people on the register; where they are many, one, and a field."""
        value = Target.STAFF.value
        if len(register) <= FEW:
            people = [(f"{value}:{each}", name) for each, name in labels_of(register).items()]
            return [(_("Staff register"), people)]
        self.fields["person"] = person_field(
            _("The person on the staff register"), register, nobody="–"
        )
        self.fields["person"].help_text = _("Only when it is about such a person.")
        self.order_fields(["about", "caller", "person"])
        return [(value, _("A person on the staff register"))]

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or {}
        if answers.get("about") == Target.CALLER:
            try:
                answers["caller"] = written_address(answers.get("caller", ""))
            except ValidationError as error:
                self.add_error("caller", error)
        unnamed = not answers.get("person") and "person" not in self.errors
        if answers.get("about") == Target.STAFF and unnamed:
            self.add_error("person", _("Say who it is."))
        return answers

    def asked(self) -> dict[str, Any]:
        """Return what was asked, as the action takes it; after is_valid()."""
        answers = self.cleaned_data
        target, _colon, identity = answers["about"].partition(":")
        identity = answers["person"] if answers["about"] == Target.STAFF else identity
        caller = answers["caller"] if target == Target.CALLER else ""
        about = About(
            target=Target(target), caller=caller, object_id=UUID(identity) if identity else None
        )
        kind = CaseKind(answers["kind"] or CaseKind.ACCESS)
        return {"about": about, "kind": kind, "language": answers["language"]}


def _members(customer: Customer) -> list[tuple[str, str]]:
    """The members by name, restricted ones without it: they may still be asked about."""
    found = openable(list(Member.objects.filter(customer=customer).timely()))
    shown = ((f"{Target.MEMBER.value}:{each.id}", _called(each)) for each in found)
    return sorted(shown, key=lambda pair: sort_key(pair[1]))


def _called(member: Member) -> str:
    return str(member.id) if member.restricted else (member.name or str(member.id))


class OnBehalfForm(PlainText, forms.Form):
    """Whose request support lets be collected: it says whom it is about."""

    case = forms.IntegerField(
        label=gettext_lazy("Number of the request"),
        min_value=1,
        help_text=gettext_lazy("For access or portability, with the identity checked."),
    )

    def clean_case(self) -> Case:
        kinds = [CaseKind.ACCESS, CaseKind.PORTABILITY]
        rows = Case.objects.timely().filter(kind__in=kinds, state=CaseState.IDENTIFIED)
        number = self.cleaned_data["case"]
        found: Case | None = rows.select_related("customer").filter(number=number).first()
        if found is None:
            raise ValidationError(_("There is no such request whose identity has been checked."))
        return found
