"""A passkey as a browser registers one, for pages that list it; nobody holds its private key."""

import json
from typing import Any

from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import sha256, websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData

from customers.models import User

HERE = "localhost"
IDENTITY = b"journey-passkey-"
FLAG = AuthenticatorData.FLAG


def registered() -> dict[str, Any]:
    """Return what a browser answers when it has made a passkey."""
    numbers = ec.generate_private_key(ec.SECP256R1()).public_key().public_numbers()
    x, y = (each.to_bytes(32, "big") for each in (numbers.x, numbers.y))
    public = ES256({1: 2, 3: -7, -1: 1, -2: x, -3: y})  # RFC 9053, 7.1.1: on the curve P-256
    credential = AttestedCredentialData.create(Aaguid(bytes(16)), IDENTITY, public)
    flags = FLAG.UP | FLAG.UV | FLAG.AT  # somebody was there, showed who it is, made a passkey
    data = AuthenticatorData.create(sha256(HERE.encode()), flags, 0, credential)
    client = {"type": "webauthn.create", "challenge": "AA", "origin": f"http://{HERE}"}
    return {
        "id": websafe_encode(IDENTITY), "rawId": websafe_encode(IDENTITY), "type": "public-key",
        "response": {
            "clientDataJSON": websafe_encode(json.dumps(client).encode()),
            "attestationObject": websafe_encode(AttestationObject.create("none", data, {})),
        },
    }  # fmt: skip


def give_passkey(user: User, name: str) -> None:
    data = {"name": name, "credential": registered()}
    Authenticator.objects.create(user=user, type="webauthn", data=data)
