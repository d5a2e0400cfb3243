"""Login history is written where Django and allauth say what happened: their own signals.

Never an obstacle: what cannot be sealed now is noted without the address it came from.
"""

from datetime import datetime
from typing import Any

import structlog
from allauth.account import signals as account
from allauth.account.adapter import get_adapter
from allauth.mfa import signals as mfa
from django.conf import settings
from django.contrib.auth import signals as auth
from django.core.exceptions import PermissionDenied
from django.dispatch import receiver
from django.http import HttpRequest
from django.utils import timezone

from customers.browsers import Browser, agent_of, browser_of
from customers.models import SignInEvent, User
from customers.models.sign_in_event import ADDRESS
from smartsvar.unreadable import LATER
from smartsvar.vault.errors import Unreadable
from smartsvar.vault.second_factor import seal_secret

log = structlog.get_logger(__name__)

BROWSER, SYSTEM, BEGAN = "browser", "system", "began"  # in the session's data
LAST_TIME = "last_time"  # when this person had signed in before
Kind = SignInEvent.Kind
TOLD_HERE = {  # allauth mails the rest itself, as it does it
    Kind.IDENTITY_ADDED: "socialaccount/email/account_connected",
    Kind.IDENTITY_REMOVED: "socialaccount/email/account_disconnected",
}


def note(person: User, kind: Kind, request: HttpRequest | None, *, at: datetime) -> SignInEvent:
    """Write down one fact of a person's sign-in, and mail it where nobody else does."""
    browser = browser_of(agent_of(request))
    if kind in TOLD_HERE:
        broker = {"provider": settings.OIDC_NAME}
        get_adapter().send_notification_mail(TOLD_HERE[kind], person, broker)
    return SignInEvent.objects.create(
        user=person, kind=kind, at=at, browser=browser.name, system=browser.system,
        address=_sealed_address(person, request),
    )  # fmt: skip


def address_in(event: SignInEvent) -> str:
    """Return the address an event came from; "" where none is known or it does not open now."""
    try:
        return event.came_from
    except LATER as error:
        log.warning("address not opened", object=str(event.id), error=type(error).__name__)
        return ""


def _sealed_address(person: User, request: HttpRequest | None) -> str:
    try:
        address = get_adapter().get_client_ip(request) if request else ""
        return seal_secret(person.pk, ADDRESS + address) if address else ""
    except (*LATER, Unreadable, PermissionDenied, KeyError) as error:
        log.warning("address not noted", error=type(error).__name__)
        return ""


@receiver(auth.user_logged_in)
def _signed_in(request: HttpRequest, user: User, **_rest: Any) -> None:
    """Note the fact; the session remembers when it began, in what browser, and the time before.

    Connected before Django's own receiver, which overwrites `last_login`: see CustomersConfig.
    """
    at, browser = timezone.now(), browser_of(agent_of(request))
    said = {BROWSER: browser.name, SYSTEM: browser.system, BEGAN: at.isoformat()}
    said[LAST_TIME] = user.last_login.isoformat() if user.last_login else ""
    request.session.update(said)
    if _is_new(browser, user):
        get_adapter().send_notification_mail("account/email/new_browser", user)
    note(user, Kind.SIGNED_IN, request, at=at)


def _is_new(browser: Browser, person: User) -> bool:
    """Whether the history, which is kept for a time, knows other browsers of the person's only."""
    before = SignInEvent.objects.filter(user=person, kind=Kind.SIGNED_IN)
    known = set(before.values_list("browser", "system").distinct())
    return bool(known) and tuple(browser) not in known


@receiver(auth.user_logged_out)
def _signed_out(request: HttpRequest, user: User | None, **_rest: Any) -> None:
    if user is not None and User.objects.filter(pk=user.pk).exists():  # not one who just left
        note(user, Kind.SIGNED_OUT, request, at=timezone.now())


@receiver(auth.user_login_failed)
def _failed(credentials: dict[str, Any], request: HttpRequest | None = None, **_rest: Any) -> None:
    """Note an attempt on a known account; of an address that nobody has nothing is kept."""
    address = str(credentials.get("email", "")).strip().lower()
    person = User.objects.filter(email=address).first() if address else None
    if person is not None:
        note(person, Kind.FAILED, request, at=timezone.now())


def _on(signal: Any, kind: Kind) -> None:
    """Note `kind` whenever the signal says that it happened to a person."""

    def happened(request: HttpRequest, user: User, **_rest: Any) -> None:
        note(user, kind, request, at=timezone.now())

    signal.connect(happened, weak=False, dispatch_uid=f"login history: {kind}")


for _signal, _kind in (
    (mfa.authentication_failed, Kind.CODE_FAILED),
    (mfa.authenticator_added, Kind.FACTOR_ADDED),
    (mfa.authenticator_removed, Kind.FACTOR_REMOVED),
    (mfa.authenticator_reset, Kind.CODES_RENEWED),
    (account.password_changed, Kind.PASSWORD_CHANGED),
    (account.password_set, Kind.PASSWORD_CHANGED),
    (account.password_reset, Kind.PASSWORD_RESET),
    (account.email_changed, Kind.EMAIL_CHANGED),
):
    _on(_signal, _kind)
