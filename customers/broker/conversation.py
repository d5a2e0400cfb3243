"""A sign-in at the broker: where to send the browser, and whom it came back as."""

import base64
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from allauth.socialaccount.providers.oauth2.utils import generate_code_challenge
from django.conf import settings
from django.urls import reverse

from customers.broker.asking import BrokerRefused, ask
from customers.broker.tokens import Expected, subject_of

WELL_KNOWN = "/.well-known/openid-configuration"
ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(frozen=True)
class Question:
    """What only this browser's session and the broker know: kept until the answer comes."""

    verifier: str
    challenge: str
    nonce: str


def new_question() -> Question:
    """Return a fresh nonce and PKCE pair (RFC 7636, S256)."""
    made = generate_code_challenge()
    challenge = made["code_challenge"].decode()
    return Question(made["code_verifier"], challenge, secrets.token_urlsafe(32))


def is_open() -> bool:
    """Whether this installation has a broker."""
    return bool(settings.OIDC_ISSUER)


def way_there(question: Question, state: str) -> str:
    """Return the broker's address where somebody shows who it is. Raises BrokerAway, BrokerRefused.

    The least is asked for: that somebody was identified (`openid`), neither name nor address.
    """
    asked = {
        "response_type": "code", "scope": "openid", "client_id": settings.OIDC_CLIENT_ID,
        "redirect_uri": _return_address(), "state": state, "nonce": question.nonce,
        "code_challenge": question.challenge, "code_challenge_method": "S256",
    }  # fmt: skip
    if settings.OIDC_ACR_VALUES:
        asked["acr_values"] = " ".join(settings.OIDC_ACR_VALUES)
    address = _configuration()["authorization_endpoint"]
    return f"{address}{'&' if urlsplit(address).query else '?'}{urlencode(asked)}"


def who_came(code: str, *, verifier: str, nonce: str) -> str:
    """Return who came back with the code, in the broker's terms. Raises BrokerAway, BrokerRefused.

    Tokens are looked at here and forgotten: none is stored, and no user info is asked for.
    """
    said = _configuration()
    form = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": _return_address(),
        "code_verifier": verifier,
    }  # fmt: skip
    tokens = _redeem(said, form)
    expected = Expected(
        said["issuer"], settings.OIDC_CLIENT_ID, nonce, tuple(settings.OIDC_ACR_VALUES)
    )
    return subject_of(tokens.get("id_token"), ask(said["jwks_uri"]).get("keys"), expected)


def _configuration() -> dict[str, Any]:
    """Read the broker's own description, afresh: keys and addresses change on its side."""
    said = ask(settings.OIDC_ISSUER.rstrip("/") + WELL_KNOWN)
    if said.get("issuer") != settings.OIDC_ISSUER:
        raise BrokerRefused("issuer")
    scheme = urlsplit(settings.OIDC_ISSUER).scheme
    for name in ENDPOINTS:
        address = said.get(name)
        if not isinstance(address, str) or not address.startswith(f"{scheme}://"):
            raise BrokerRefused(name)
    return said


def _redeem(said: dict[str, Any], form: dict[str, str]) -> dict[str, Any]:
    """Give the code for tokens, showing who we are as the broker wants it (RFC 6749, 2.3.1)."""
    name, secret = settings.OIDC_CLIENT_ID, settings.OIDC_CLIENT_SECRET
    takes = said.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
    if "client_secret_basic" not in takes:
        return ask(said["token_endpoint"], form | {"client_id": name, "client_secret": secret})
    pair = f"{quote(name, safe='')}:{quote(secret, safe='')}".encode()
    return ask(
        said["token_endpoint"], form,
        {"Authorization": f"Basic {base64.b64encode(pair).decode()}"},
    )  # fmt: skip


def _return_address() -> str:
    return settings.PUBLIC_URL + reverse("customers:broker_answer")
