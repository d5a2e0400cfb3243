"""Inviting somebody, and giving a role."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.actions.members import find_addressee
from customers.models import Customer, Role


class RoleForm(forms.Form):
    """A member's role."""

    role = forms.ChoiceField(label=_("Role"), choices=Role)

    def __init__(
        self, data: Any = None, *, role: str = Role.MEMBER, prefix: str | None = None
    ) -> None:
        super().__init__(
            data, initial={"role": role}, label_suffix="", auto_id=f"id_{prefix or ''}%s"
        )


class InviteForm(forms.Form):
    """Who is to get the mail, and as what."""

    email = forms.EmailField(
        label=_("E-mail"), max_length=254, widget=forms.EmailInput(attrs={"autocomplete": "off"})
    )
    name = forms.CharField(
        label=_("Name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    role = forms.ChoiceField(label=_("Role"), choices=Role, initial=Role.MEMBER)

    def __init__(self, data: Any = None, *, customer: Customer) -> None:
        super().__init__(data, label_suffix="")
        self.customer = customer

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
