"""The second factor through django-allauth: its secrets are sealed for the person they belong to.

Whose they are is never read from where they lie: it is the person who is signed in or signing in.
A secret that was moved to somebody else's row does not open there, and no code opens anything.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from uuid import UUID

from allauth.account.internal.stagekit import unstash_login
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY, generate_totp_secret
from django.http import HttpRequest

from customers.models import User
from smartsvar.vault.second_factor import open_secret, seal_secret

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
