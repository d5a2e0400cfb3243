"""What django-allauth is told of the broker: one provider, from settings, and nothing personal."""

from typing import Any

import structlog
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from django.conf import settings
from django.http import HttpRequest

from customers.broker.conversation import is_open
from customers.broker.names import NAME, name_of
from customers.broker.pages import NOT_CONNECTED, turned_away
from customers.history import note
from customers.models import SignInEvent
from smartsvar.clock import database_now

log = structlog.get_logger(__name__)


class Broker(OpenIDConnectProvider):  # type: ignore[misc]
    """Of what the broker says only who it was is used, by `name_of`."""

    def extract_uid(self, data: dict[str, Any]) -> str:
        return name_of(data["sub"])

    def extract_extra_data(self, data: dict[str, Any]) -> dict[str, Any]:
        return {}

    def extract_common_fields(self, data: dict[str, Any]) -> dict[str, Any]:
        return {}

    def extract_email_addresses(self, data: dict[str, Any]) -> list[Any]:
        """None: an address that somebody else vouches for lets nobody in."""
        return []


class ConnectedOnly(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """In by the door come people who connected an identity themselves; nobody becomes a user."""

    def list_apps(
        self, request: HttpRequest, provider: str | None = None, client_id: str | None = None
    ) -> list[SocialApp]:
        """The one of settings; a row in the database makes no provider."""
        if not is_open():
            return []
        app = SocialApp(
            provider=Broker.id, provider_id=NAME, name=settings.OIDC_NAME,
            client_id=settings.OIDC_CLIENT_ID, settings={"server_url": settings.OIDC_ISSUER},
        )  # fmt: skip
        fits = provider in {None, Broker.id, NAME} and client_id in {None, app.client_id}
        return [app] if fits else []

    def is_open_for_signup(self, request: HttpRequest, sociallogin: Any) -> bool:
        return False

    def pre_social_login(self, request: HttpRequest, sociallogin: Any) -> None:
        """Let in a customer's person whose sign-in is open; all others get one and the same page.

        Support staff never: their pages ask for a second factor of our own, and whoever can get an
        identity at the broker in an agent's name must not thereby hold one of two.
        """
        person = sociallogin.user if sociallogin.is_existing else None
        if person is not None and person.is_active and not person.is_staff:
            return
        if person is not None:
            note(person, SignInEvent.Kind.FAILED, request, at=database_now())
        log.info("identity not let in", state="connected" if person else "unknown")
        raise ImmediateHttpResponse(turned_away(NOT_CONNECTED))
