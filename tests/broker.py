"""A broker of electronic identities on loopback, over real HTTP: honest, or as hostile as told.

Like a BankID broker's, what it says of a person is full of personal data.
"""

import base64
import hashlib
import hmac
import json
import secrets
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, cast
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from jwt.utils import base64url_encode

from tests.cast import PLANTED_EMAIL, PLANTED_NAME

CLIENT, SECRET = "smartsvar", "hemligt:med kolon/och+annat"
PERSONAL_NUMBER = "198112289874"  # a published example of one
CLAIMS = {
    "ssn": PERSONAL_NUMBER, "name": PLANTED_NAME, "given_name": PLANTED_NAME.split()[0],
    "email": PLANTED_EMAIL, "email_verified": True, "birthdate": "1981-12-28",
}  # fmt: skip
PLANTED = [PERSONAL_NUMBER, PERSONAL_NUMBER[2:], PLANTED_NAME.split("-")[1], PLANTED_EMAIL]


@cache
def signing_key(name: str) -> rsa.RSAPrivateKey:
    """Make each key once: it takes a while."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@dataclass
class Broker:
    """What it does: `claims` and `header` change the id_token, `answers` whole answers by path."""

    address: str = ""
    subject: str = PERSONAL_NUMBER
    claims: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    key: Any = None  # another than the published one
    published: list[dict[str, Any]] | None = None  # instead of its key
    token: Any = None  # instead of a signed one
    basic: bool = True
    error: str = ""  # at the door, instead of a code
    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    hangs: set[str] = field(default_factory=set)
    drips: set[str] = field(default_factory=set)
    description: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    ended: Event = field(default_factory=Event)

    def well_known(self) -> dict[str, Any]:
        at = self.address
        said: dict[str, Any] = {
            "issuer": at, "authorization_endpoint": f"{at}/authorize",
            "token_endpoint": f"{at}/token", "jwks_uri": f"{at}/jwks",
            "userinfo_endpoint": f"{at}/userinfo",
        }  # fmt: skip
        if not self.basic:
            said["token_endpoint_auth_methods_supported"] = ["client_secret_post"]
        return said | self.description

    def jwks(self) -> dict[str, Any]:
        mine = json.loads(RSAAlgorithm.to_jwk(signing_key("broker").public_key()))
        mine |= {"kid": "broker", "use": "sig", "alg": "RS256"}
        return {"keys": [mine] if self.published is None else self.published}

    def allow(self, asked: dict[str, str]) -> str:
        """Identify whoever is there at once; return where the browser is sent."""
        assert asked["response_type"] == "code"
        assert asked["code_challenge_method"] == "S256"
        back = {"state": asked["state"]}
        if self.error:
            back["error"] = self.error
        else:
            code = secrets.token_urlsafe(16)
            self.codes[code] = asked
            back["code"] = code
        return f"{asked['redirect_uri']}?{urlencode(back)}"

    def redeem(self, form: dict[str, str], authorization: str) -> tuple[int, Any]:
        """Give tokens for a code: once, to the client, with the verifier that belongs to it."""
        asked = self.codes.pop(form.get("code", ""), None)
        if asked is None or not self._is_client(form, authorization):
            return 400, {"error": "invalid_grant"}
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if asked["code_challenge"] != challenge or asked["redirect_uri"] != form["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        token = self.id_token(asked["nonce"]) if self.token is None else self.token
        return 200, {"access_token": "åtkomst", "token_type": "Bearer", "id_token": token}

    def _is_client(self, form: dict[str, str], authorization: str) -> bool:
        if not self.basic:
            return (form.get("client_id"), form.get("client_secret")) == (CLIENT, SECRET)
        pair = f"{CLIENT}:hemligt%3Amed%20kolon%2Foch%2Bannat".encode()
        return authorization == f"Basic {base64.b64encode(pair).decode()}"

    def id_token(self, nonce: str) -> str:
        now = int(time.time())
        claims = {
            "iss": self.address, "aud": CLIENT, "sub": self.subject, "nonce": nonce,
            "iat": now, "exp": now + 300, "acr": "bankid", **CLAIMS, **self.claims,
        }  # fmt: skip
        header = {"kid": "broker"} | self.header
        key = signing_key("broker") if self.key is None else self.key
        said = {name: value for name, value in claims.items() if value is not None}
        algorithm = header.pop("alg", "RS256")
        if algorithm == "HS256":  # by hand: no library would sign with a published key
            return _signed_by_hand(said, header | {"alg": algorithm}, key)
        return jwt.encode(said, key, algorithm, headers=header)


def _signed_by_hand(claims: dict[str, Any], header: dict[str, Any], secret: Any) -> str:
    parts = [base64url_encode(json.dumps(each).encode()) for each in (header, claims)]
    parts.append(base64url_encode(hmac.digest(secret.encode(), b".".join(parts), "sha256")))
    return b".".join(parts).decode()


@contextmanager
def broker_on_loopback(certificate: ssl.SSLContext | None = None) -> Iterator[Broker]:
    """Run one until the block ends."""
    broker = Broker()
    server = Server(broker)
    if certificate is not None:
        server.socket = certificate.wrap_socket(server.socket, server_side=True)
    scheme = "http" if certificate is None else "https"
    broker.address = f"{scheme}://localhost:{server.server_port}"
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield broker
    finally:
        broker.ended.set()
        server.shutdown()
        server.server_close()


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, broker: Broker) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.broker = broker


class Handler(BaseHTTPRequestHandler):
    """One request, answered as its server's broker says."""

    @property
    def broker(self) -> Broker:
        return cast(Server, self.server).broker

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if parts.path == "/authorize":  # from one origin of the broker's to another, and back
            other = self.broker.address.replace("localhost", "127.0.0.1")
            self._say(302, b"", Location=f"{other}/identify?{parts.query}")
        elif parts.path == "/identify":
            self._say(302, b"", Location=self.broker.allow(asked))
        elif parts.path == "/.well-known/openid-configuration":
            self._answer(parts.path, self.broker.well_known)
        elif parts.path == "/jwks":
            self._answer(parts.path, self.broker.jwks)
        else:
            self._answer(parts.path, lambda: {"sub": self.broker.subject} | CLAIMS)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        given = self.headers.get("Authorization", "")
        self._answer("/token", lambda: self.broker.redeem(form, given))

    def _answer(self, path: str, make: Any) -> None:
        self.broker.asked.append(path)
        if path in self.broker.hangs:
            self.broker.ended.wait(30)
        if path in self.broker.drips:
            self._drip()
        elif path in self.broker.answers:
            status, body = self.broker.answers[path]
            self._say(status, body, Location=f"{self.broker.address}/jwks")
        else:
            made = make()
            status, said = made if isinstance(made, tuple) else (200, made)
            self._say(status, json.dumps(said).encode())

    def _drip(self) -> None:
        """A header that never ends, a byte at a time."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
        while not self.broker.ended.wait(0.2):
            try:
                self.wfile.write(b"x")
            except OSError:
                return

    def _say(self, status: int, body: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
