"""Becoming a member."""

from typing import Any

from django import forms
from django.contrib.auth.password_validation import (
    password_validators_help_text_html,
    validate_password,
)
from django.utils.translation import gettext_lazy as _

from customers.models import Invitation, User
from smartsvar.plain_text import PlainText


class JoinForm(PlainText, forms.Form):
    """Somebody who has a sign-in says only their name."""

    name = forms.CharField(
        label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )

    def __init__(self, data: Any = None, *, invitation: Invitation) -> None:
        super().__init__(data, initial={"name": invitation.name}, label_suffix="")
        self.invitation = invitation


class NewSignInForm(JoinForm):
    """Somebody new also chooses a password."""

    password = forms.CharField(
        label=_("Password"), max_length=4096, strip=False,
        help_text=password_validators_help_text_html,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip
    again = forms.CharField(
        label=_("The password again"), max_length=4096, strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )  # fmt: skip

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, User(email=self.invitation.email))
        return password

    def clean(self) -> None:
        said = self.cleaned_data
        if "password" in said and said["password"] != said.get("again"):
            self.add_error("again", _("The two passwords differ."))
