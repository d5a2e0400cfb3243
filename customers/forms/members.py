"""Inviting somebody, and giving a role."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.actions.invitations import find_addressee
from customers.actions.staff import register_of
from customers.forms.people import person_field
from customers.models import Customer, Member, Role, Sees, StaffMember
from smartsvar.plain_text import PlainText


class RoleForm(PlainText, forms.Form):
    """A member's role."""

    role = forms.ChoiceField(label=_("Role"), choices=Role)

    def __init__(
        self, data: Any = None, *, role: str = Role.MEMBER, prefix: str | None = None
    ) -> None:
        super().__init__(
            data, initial={"role": role}, label_suffix="", auto_id=f"id_{prefix or ''}%s"
        )


class SightForm(PlainText, forms.Form):
    """Whose calls and messages somebody is shown, and who it is on the staff register."""

    sees = forms.ChoiceField(label=_("Is shown"), choices=Sees, initial=Sees.ALL)
    staff = forms.Field(label=_("On the staff register"))  # with people as the form is made

    def __init__(self, data: Any = None, *, customer: Customer, **kwargs: Any) -> None:
        super().__init__(data, label_suffix="", **kwargs)
        self.customer = customer
        self.people = {str(person.id): person for person in register_of(customer)}
        self.fields["staff"] = person_field(
            _("On the staff register"), list(self.people.values()), nobody=_("Nobody")
        )

    @classmethod
    def of(cls, member: Member, data: Any = None) -> "SightForm":
        """Return the form with what is chosen for the member now."""
        chosen = {"sees": member.sees, "staff": str(member.staff_id or "")}
        return cls(data, customer=member.customer, initial=chosen)

    def clean_staff(self) -> StaffMember | None:
        return self.people.get(self.cleaned_data["staff"])

    def clean(self) -> None:
        said = self.cleaned_data
        if said.get("sees") == Sees.OWN and "staff" in said and said["staff"] is None:
            self.add_error("staff", _("Say who it is: else no call is the person's own."))


class InviteForm(SightForm):
    """Who is to get the mail, and as what."""

    field_order = ("email", "name", "role", "sees", "staff")

    email = forms.EmailField(
        label=_("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    name = forms.CharField(
        label=_("Name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    role = forms.ChoiceField(label=_("Role"), choices=Role, initial=Role.MEMBER)

    def clean_email(self) -> str:
        address = str(self.cleaned_data["email"]).lower()
        match find_addressee(self.customer, address):
            case "member":
                raise forms.ValidationError(_("This person is a member already."))
            case "invited":
                raise forms.ValidationError(
                    _("This address has an invitation already. Withdraw it first.")
                )
        return address
