"""Signing in through django-allauth: by invitation only."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest
from django.urls import reverse


class InvitedOnly(DefaultAccountAdapter):  # type: ignore[misc]
    """No sign-up form: people become users by accepting an invitation."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def populate_username(self, request: HttpRequest, user: Any) -> None:
        """There is no user name; the e-mail address is the name."""

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Support staff have no Mina Sidor: their pages are the admin's."""
        if getattr(request.user, "is_staff", False):
            return reverse("admin:index")
        return str(super().get_login_redirect_url(request))
