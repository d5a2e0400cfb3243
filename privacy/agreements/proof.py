"""How somebody proves to be who signs: an interface, and the one way there is (docs/adr/0011)."""

import secrets
from datetime import datetime, timedelta
from typing import Protocol

from django.conf import settings
from django.db.models import F
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.functional import Promise
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from privacy.models import Signing
from smartsvar.jobs import enqueue

VALID = timedelta(minutes=15)
TRIES = 5
DIGITS = 8
CODES = 3  # of one signing: the first and two more
PAUSE = timedelta(seconds=30)  # between two of them


class Unproved(Exception):
    """The proof does not hold."""


class WrongCode(Unproved):
    """Not the code; another try is left."""


class SpentCode(Unproved):
    """The code is too old, was tried too often, or has been used."""


class TooSoon(Exception):
    """Another code so soon, or so many: not now."""


class Proof(Protocol):
    """One way of proving who signs. An eID takes the place of the code by having these."""

    name: str  # as it is kept with what was signed
    words: Promise  # as the page with the signature says it

    def ask(self, signing: Signing, *, at: datetime) -> None:
        """Ask the signer to prove who it is, in the caller's transaction. Raises TooSoon."""

    def check(self, signing: Signing, answer: str, *, at: datetime) -> None:
        """Return when the answer proves it. Raises Unproved. Outside of a transaction: a try that
        failed counts whatever becomes of the rest."""


class MailedCode:
    """A code of eight digits to the signed-in address, for a quarter of an hour and five tries."""

    name = "mailed code"
    words = _("a one-time code to the address that the signer is signed in with")

    def ask(self, signing: Signing, *, at: datetime) -> None:
        began = signing.expires_at - VALID if signing.expires_at else None
        if signing.codes >= CODES or (began is not None and at < began + PAUSE):
            raise TooSoon
        signing.code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
        signing.code_hash = _hashed(signing, signing.code)
        signing.expires_at, signing.tries, signing.codes = at + VALID, 0, signing.codes + 1
        signing.sent_at = signing.sending_until = None
        signing.save()
        enqueue("privacy.tell_signings")

    def check(self, signing: Signing, answer: str, *, at: datetime) -> None:
        mine = Signing.objects.filter(pk=signing.pk, used_at=None, expires_at__gt=at)
        if not mine.filter(tries__lt=TRIES).update(tries=F("tries") + 1):
            raise SpentCode
        typed = "".join(answer.split())
        # Read again: another code may have been asked for meanwhile.
        fresh = Signing.objects.get(pk=signing.pk)
        if not constant_time_compare(_hashed(signing, typed), fresh.code_hash):
            raise WrongCode if fresh.tries < TRIES else SpentCode


def is_open(signing: Signing, *, at: datetime) -> bool:
    """Whether the last code that was asked for can still be entered."""
    in_time = signing.expires_at is not None and at < signing.expires_at
    return in_time and signing.used_at is None and signing.tries < TRIES


def _hashed(signing: Signing, code: str) -> str:
    """A code is short: without our secret its hash would be as good as the code."""
    return salted_hmac(f"signing {signing.pk}", code, algorithm="sha256").hexdigest()


def proof() -> Proof:
    """Return the way in which signers prove who they are here."""
    way: type[Proof] = import_string(settings.SIGNING_PROOF)
    return way()
