"""Signing in through django-allauth: by invitation only."""

from typing import Any, ClassVar
from urllib.parse import urlsplit

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext_lazy as _

from customers.actions.account_mails import Letter, queue_mail
from customers.browsers import agent_of, browser_of
from customers.models import User
from customers.readers import reads
from smartsvar.clock import STOCKHOLM
from smartsvar.unreadable import LATER
from smartsvar.vault.errors import Unreadable

log = structlog.get_logger(__name__)

ALLAUTHS_SECOND, SECOND = "allauth.mfa.stages.AuthenticateStage", "customers.stages.SecondStage"
UNKNOWN, RESET = "account/email/unknown_account", "account/email/password_reset_key"
FOR_NOBODY = Letter(address="", subject="", text="", language="sv", person=None)


class InvitedOnly(DefaultAccountAdapter):  # type: ignore[misc]
    """No sign-up form: people become users by accepting an invitation."""

    error_messages: ClassVar[dict[str, Any]] = DefaultAccountAdapter.error_messages | {
        # The same for an address that has no sign-in: the limit is the address's, not the person's.
        "too_many_login_attempts": _("Too many attempts. Try again in five minutes."),
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def populate_username(self, request: HttpRequest, user: Any) -> None:
        """There is no user name; the e-mail address is the name."""

    def get_login_stages(self) -> list[str]:
        stages: list[str] = super().get_login_stages()
        return [SECOND if each == ALLAUTHS_SECOND else each for each in stages]

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Support staff have no Mina Sidor: their pages are the admin's."""
        if getattr(request.user, "is_staff", False):
            return reverse("admin:index")
        return str(super().get_login_redirect_url(request))

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Let a worker write to a person, in the language that it reads; to nobody else.

        An address that nobody has is as much work, and its letter is for nobody.
        """
        known = {"request": self.request, "email": email} | context
        person = known.get("user")
        if template_prefix == UNKNOWN:
            template_prefix = RESET
        language = reads(person) if isinstance(person, User) else ""
        with translation.override(language or translation.get_language()):
            letter = Letter(
                address=email,
                subject=" ".join(render_to_string(f"{template_prefix}_subject.txt", known).split()),
                text=render_to_string(f"{template_prefix}_message.txt", known),
                language=translation.get_language() or "sv",
                person=person if isinstance(person, User) else None,
            )
        queue_mail(letter if letter.person else FOR_NOBODY, at=timezone.now())

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Tell a person what was changed about its sign-in; a new address and the old one.

        Never an obstacle: it has happened, whether a mail can be written now or not.
        """
        said = context or {}
        known = said | {
            "user": user, "when": timezone.now().astimezone(STOCKHOLM),
            "browser": browser_of(agent_of(self.request)),
            "public": settings.PUBLIC_URL,
        }  # fmt: skip
        for address in dict.fromkeys([email or user.email, said.get("to_email") or user.email]):
            try:
                self.send_mail(template_prefix, address, known)
            except (*LATER, Unreadable) as error:
                log.error("person not told of its sign-in", error=type(error).__name__)

    def get_reset_password_from_key_url(self, key: str) -> str:
        return _published(super().get_reset_password_from_key_url(key))

    def get_email_confirmation_url(self, request: HttpRequest, emailconfirmation: Any) -> str:
        return _published(super().get_email_confirmation_url(request, emailconfirmation))


def _published(url: str) -> str:
    """Return the address under the public URL: links in mail never follow the Host header."""
    parts = urlsplit(url)
    return f"{settings.PUBLIC_URL}{parts.path}" + (f"?{parts.query}" if parts.query else "")
