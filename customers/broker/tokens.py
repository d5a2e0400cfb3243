"""What the broker signed about somebody: believed only when all of it holds.

django-allauth trusts what it fetched over TLS: of an id_token it checks neither signature nor nonce
(65.21: `OpenIDConnectOAuth2Adapter._decode_id_token`). Here each is checked, as OpenID Connect
Core, 3.1.3.7, says.
"""

from dataclasses import dataclass
from typing import Any

import jwt
from django.utils.crypto import constant_time_compare

from customers.broker.asking import BrokerRefused

# Signatures by a key of the broker's alone: never "none", nor what our client secret could make.
ALGORITHMS = [
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA",
]  # fmt: skip
LEEWAY = 60  # seconds that the broker's clock may differ from ours
REQUIRED = ["iss", "sub", "aud", "exp", "iat"]


@dataclass(frozen=True)
class Expected:
    """What an id_token must say to be an answer to this question. `acr`: any of these, if any."""

    issuer: str
    client_id: str
    nonce: str
    acr: tuple[str, ...] = ()


def subject_of(token: object, keys: object, expected: Expected) -> str:
    """Return whom a signed id_token speaks of, in the broker's terms; the rest is not looked at.

    Raises BrokerRefused.
    """
    if not isinstance(token, str):
        raise BrokerRefused("no id_token")
    try:
        claims = jwt.decode(
            token, _key_for(token, keys), algorithms=ALGORITHMS, leeway=LEEWAY,
            issuer=expected.issuer, audience=expected.client_id, options={"require": REQUIRED},
        )  # fmt: skip
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError) as error:
        raise BrokerRefused(type(error).__name__) from error
    _check(claims, expected)
    return str(claims["sub"])


def _key_for(token: str, keys: object) -> jwt.PyJWK:
    """Return the key that the token names; the only one, if it names none."""
    header = jwt.get_unverified_header(token)
    found = [each for each in keys if isinstance(each, dict)] if isinstance(keys, list) else []
    signing = [each for each in found if each.get("use", "sig") == "sig"]
    if "kid" in header:
        signing = [each for each in signing if each.get("kid") == header["kid"]]
    if len(signing) != 1 or header.get("alg") not in ALGORITHMS:
        raise BrokerRefused("no key")
    return jwt.PyJWK(signing[0], algorithm=header["alg"])


def _check(claims: dict[str, Any], expected: Expected) -> None:
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if (several or "azp" in claims) and claims.get("azp") != expected.client_id:
        raise BrokerRefused("azp")
    nonce = claims.get("nonce")
    if not isinstance(nonce, str) or not constant_time_compare(nonce, expected.nonce):
        raise BrokerRefused("nonce")
    if expected.acr and claims.get("acr") not in expected.acr:
        raise BrokerRefused("acr")
    if not claims["sub"] or len(claims["sub"]) > 255:  # OpenID Connect Core, 2
        raise BrokerRefused("sub")
