"""The second factor through django-allauth: its secrets are sealed for the person they belong to.

Whose they are is never read from where they lie: it is the person who is signed in or signing in.
A secret that was moved to somebody else's row does not open there, and no code opens anything.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from uuid import UUID

import structlog
from allauth.account.internal.stagekit import unstash_login
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter, get_adapter
from allauth.mfa.base.forms import AuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authentication_failed
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY, generate_totp_secret
from allauth.mfa.webauthn.forms import (
    AddWebAuthnForm,
    AuthenticateWebAuthnForm,
    EditWebAuthnForm,
    LoginWebAuthnForm,
    ReauthenticateWebAuthnForm,
)
from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from customers.models import User
from smartsvar.plain_text import PlainText, can_be_shown
from smartsvar.unreadable import LATER
from smartsvar.vault.second_factor import open_secret, seal_secret

log = structlog.get_logger(__name__)

_named: ContextVar[UUID | None] = ContextVar("whose second factor", default=None)


@contextmanager
def second_factor_of(person: User) -> Iterator[None]:
    """Say whose second factor it is where no request says it: in a command, in a test."""
    token = _named.set(person.pk)
    try:
        yield
    finally:
        _named.reset(token)


def _whose() -> UUID:
    """Return whose secret it must be. Raises LookupError when nobody is signed in or signing in."""
    request = context.request
    named = _named.get() or (_signed_in(request) if request is not None else None)
    if named is None:
        raise LookupError("Whose second factor? See second_factor_of().")
    return named


def _signed_in(request: HttpRequest) -> UUID | None:
    if isinstance(request.user, User):
        return request.user.pk
    login = unstash_login(request, peek=True)  # the password was right, the code is asked for
    return None if login is None or login.user is None else login.user.pk


class SealedSecrets(DefaultMFAAdapter):  # type: ignore[misc]
    """What allauth stores of a second factor is a token of the vault's."""

    def encrypt(self, text: str) -> str:
        return seal_secret(_whose(), text)

    def decrypt(self, encrypted_text: str) -> str:
        return open_secret(_whose(), encrypted_text)

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Name the service as itself; the host is one of ALLOWED_HOSTS."""
        named: dict[str, str] = super().get_public_key_credential_rp_entity()
        return named | {"name": "Smartsvar"}


class ActivateSealed(ActivateTOTPForm):  # type: ignore[misc]
    """Setting up: also the secret that is shown and not confirmed yet lies sealed in the session.

    A new one with every page shown; the one that was shown when its code comes back.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.user = kwargs.pop("user")
        super(ActivateTOTPForm, self).__init__(*args, **kwargs)
        session = context.request.session
        shown = session.get(SECRET_SESSION_KEY) if self.is_bound else None
        if shown is None:
            self.secret = generate_totp_secret()
            session[SECRET_SESSION_KEY] = seal_secret(self.user.pk, self.secret)
        else:
            self.secret = open_secret(self.user.pk, shown)


class Telling:
    """A form that a code comes with: its person is told by mail of a recovery code used."""

    user: User
    authenticator: Authenticator

    def save(self) -> None:
        recovery = self.authenticator.type == Authenticator.Type.RECOVERY_CODES
        left = self._left() if recovery else 0
        super().save()  # type: ignore[misc]
        if recovery:
            get_adapter().send_notification_mail(
                "mfa/email/recovery_code_used", self.user, {"left": left}
            )

    def _left(self) -> int:
        """Return how many codes are left: read anew, for this copy still has the one just used."""
        return len(Authenticator.objects.get(pk=self.authenticator.pk).wrap().get_unused_codes())


class SecondStep(Telling, AuthenticateForm):  # type: ignore[misc]
    """A code after the password."""

    @property
    def has_app(self) -> bool:
        """Whether an authenticator app makes the codes; else they are recovery codes alone."""
        apps = Authenticator.objects.filter(user=self.user, type=Authenticator.Type.TOTP)
        return bool(apps.exists())


class ShowAgain(Telling, ReauthenticateForm):  # type: ignore[misc]
    """A code, to show that it still is the same person."""


def _name_field() -> forms.CharField:
    """What a person calls a passkey, to know it from the others."""
    widget = forms.TextInput(attrs={"autocomplete": "off"})
    return forms.CharField(label=_("Name"), max_length=60, widget=widget)


@contextmanager
def _made_up_is_refused() -> Iterator[None]:
    """Take whatever a browser's answer is not for a wrong code.

    allauth and fido2 raise all sorts of errors for one that was made up, or signed wrongly.
    """
    try:
        yield
    except (ValidationError, *LATER):
        raise
    except Exception as error:
        log.info("passkey refused", error=type(error).__name__)
        raise get_adapter().validation_error("incorrect_code") from error


class Refusing:
    """A form that a passkey's answer comes with.

    Where it is known who answers, a wrong answer is told of as a wrong code is.
    """

    user: User | None
    reauthenticated: bool

    def clean_credential(self) -> Any:
        try:
            with _made_up_is_refused():
                return super().clean_credential()  # type: ignore[misc]
        except ValidationError as error:
            if self.user is not None and error.code == "incorrect_code":
                authentication_failed.send(
                    sender=Authenticator, request=context.request, user=self.user,
                    authenticator=None, reauthentication=self.reauthenticated,
                )  # fmt: skip
            raise


class SignInWithPasskey(Refusing, LoginWebAuthnForm):  # type: ignore[misc]
    """The passkey alone."""


class SecondStepWithPasskey(Refusing, AuthenticateWebAuthnForm):  # type: ignore[misc]
    """The passkey after the password."""


class ShowAgainWithPasskey(Refusing, ReauthenticateWebAuthnForm):  # type: ignore[misc]
    """The passkey, to show that it still is the same person."""


class AddPasskey(AddWebAuthnForm):  # type: ignore[misc]
    """A new passkey. Without the tick it is a second step only, after the password."""

    name = _name_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
        self.fields["name"].required = False  # the key is made already: never refused for a name
        self.fields["name"].initial = self.initial["name"] = _("My passkey")
        self.fields["passwordless"].label = _("Sign in with it without the password")
        self.fields["passwordless"].help_text = ""
        self.fields["passwordless"].initial = True

    def clean(self) -> Any:
        with _made_up_is_refused():
            return super().clean()

    def clean_name(self) -> str:
        said = self.cleaned_data["name"]
        return str(said if said and can_be_shown(said) else _("My passkey"))


class RenamePasskey(PlainText, EditWebAuthnForm):  # type: ignore[misc]
    """Another name for a passkey."""

    name = _name_field()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.label_suffix = ""
