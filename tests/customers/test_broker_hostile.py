"""A broker that lies, fails, hangs or is another: nobody in, a page that says so, never a 500."""

import datetime
import ipaddress
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from django.test import Client
from django.urls import reverse

from customers.actions.identities import connect_identity
from customers.broker import asking
from customers.broker.asking import BrokerAway, ask
from tests import cast
from tests.broker import CLIENT, PERSONAL_NUMBER, Broker, broker_on_loopback, signing_key
from tests.conftest import browser
from tests.customers.test_broker import (
    arrive,
    come_back,
    door,
    go_there,
    press,
    shown_there,
    sign_in_by_broker,
)
from tests.customers.test_broker import (
    broker as broker,  # a fixture
)
from tests.customers.test_second_factor import at_the_set_up, is_in

pytestmark = [pytest.mark.django_db(databases="__all__"), pytest.mark.either_stack]
NOW = int(time.time())
WELL_KNOWN = "/.well-known/openid-configuration"
HS_KEY = jwt.algorithms.RSAAlgorithm.to_jwk(signing_key("broker").public_key()).ljust(64)


def unsigned(broker: Broker) -> None:
    broker.header, broker.key = {"alg": "none"}, ""


def published_key_as_a_secret(broker: Broker) -> None:
    broker.header, broker.key = {"alg": "HS256"}, HS_KEY


def client_secret_as_a_key(broker: Broker) -> None:
    broker.header, broker.key = {"alg": "HS256"}, "hemligt:med kolon/och+annat och lite till"


def foreign_key(broker: Broker) -> None:
    broker.key = signing_key("somebody else's")


def unknown_kid(broker: Broker) -> None:
    broker.header = {"kid": "okänd"}


def without_keys(broker: Broker) -> None:
    broker.published = []


def broken_keys(broker: Broker) -> None:
    broker.published = [{"kid": "broker", "kty": "RSA", "n": 5, "e": None}]


def symmetric_key_published(broker: Broker) -> None:
    broker.published = [
        {"kid": "broker", "kty": "oct", "k": "aGVqaGVqaGVqaGVqaGVqaGVqaGVqaGVqaGVq"}
    ]


def saying(**claims: Any) -> Callable[[Broker], None]:
    return lambda broker: broker.claims.update(claims)


def token(value: Any) -> Callable[[Broker], None]:
    return lambda broker: setattr(broker, "token", value)


LIES: dict[str, Callable[[Broker], None]] = {
    "unsigned": unsigned,
    "signed with the published key as a secret": published_key_as_a_secret,
    "signed with the client's secret": client_secret_as_a_key,
    "signed with a foreign key": foreign_key,
    "a key nobody knows": unknown_kid,
    "no keys": without_keys,
    "broken keys": broken_keys,
    "a symmetric key": symmetric_key_published,
    "another nonce": saying(nonce="en annans"),
    "no nonce": saying(nonce=None),
    "a number for a nonce": saying(nonce=1),
    "another audience": saying(aud="någon annan"),
    "no audience": saying(aud=None),
    "two audiences and no word for whom": saying(aud=[CLIENT, "någon annan"]),
    "for another of its clients": saying(azp="någon annan"),
    "another issuer": saying(iss="https://ond.example"),
    "expired": saying(exp=NOW - 3600),
    "without an end": saying(exp=None),
    "an end that is no time": saying(exp="i morgon"),
    "from the future": saying(iat=NOW + 3600),
    "nobody": saying(sub=None),
    "an empty name": saying(sub=""),
    "a number for a name": saying(sub=7),
    "a name without end": saying(sub="x" * 300),
    "no token": token(""),
    "a token that is none": token("a.b.c"),
    "a token of another kind": token({"x": 1}),
    "a token without end": token("x" * 200_000),
}


def refused_page(client: Client, broker: Broker) -> str:
    """Come back from a broker that connects Rut; return the page that says why she is not in."""
    answer = come_back(client)
    assert answer.status_code == 400, answer.content.decode()
    assert not is_in(client)
    return str(answer.content.decode())


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_what_does_not_hold_lets_nobody_in(
    lie: Callable[[Broker], None], anna: cast.House, broker: Broker
) -> None:
    connect_identity(anna.reader.user, PERSONAL_NUMBER)
    sign_in_by_broker(anna.reader.user)  # but for the lie she would be in
    lie(broker)
    page = refused_page(browser(), broker)
    assert "kunde inte verifieras" in page
    assert PERSONAL_NUMBER not in page


@pytest.mark.parametrize("lie", [unsigned, foreign_key, LIES["another nonce"]])
def test_what_does_not_hold_connects_nothing(
    lie: Callable[[Broker], None], anna: cast.House, broker: Broker
) -> None:
    lie(broker)
    client = at_the_set_up(anna.reader.user)
    assert come_back(client, "broker_connect").status_code == 400
    assert "Koppla BankID" in client.get(reverse("customers:account")).content.decode()


def test_how_somebody_was_identified_is_held_to_what_was_asked(
    anna: cast.House, broker: Broker, settings: Any
) -> None:
    connect_identity(anna.reader.user, PERSONAL_NUMBER)
    settings.OIDC_ACR_VALUES = ["bankid", "freja"]
    assert "acr_values=bankid+freja" in go_there(browser())
    sign_in_by_broker(anna.reader.user)
    for weaker in ("lösenord", None, ["bankid"]):
        broker.claims = {"acr": weaker}
        refused_page(browser(), broker)


def test_a_client_known_by_its_form_gets_in_too(anna: cast.House, broker: Broker) -> None:
    connect_identity(anna.reader.user, PERSONAL_NUMBER)
    broker.basic = False
    sign_in_by_broker(anna.reader.user)


@pytest.mark.parametrize(
    "query",
    ["", "?state=", "?state=fel&code=x", "?code=x", "?state=%00&code=%00", "?error=access_denied",
     "?state=%E2%80%AE&code=" + "x" * 5000, "?state=a&state=b&code[]=c"],
)  # fmt: skip
def test_an_answer_that_nobody_asked_for(query: str, broker: Broker, client: Client) -> None:
    shown_there(go_there(client))
    answer = arrive(client, door("broker_answer") + query)
    assert answer.status_code == 400
    assert "Börja om" in answer.content.decode()


def test_an_answer_counts_once_and_in_the_browser_that_asked(
    anna: cast.House, broker: Broker
) -> None:
    connect_identity(anna.reader.user, PERSONAL_NUMBER)
    client = browser()
    back = shown_there(go_there(client))
    other = browser()
    go_there(other)
    assert arrive(other, back).status_code == 400, "somebody else's answer, pushed on this browser"
    assert client.get(back).status_code == 302
    client.post(reverse("account_logout"))
    assert arrive(client, back).status_code == 400, "a second time"
    assert not is_in(client)


def test_a_code_of_another_conversation_is_refused(anna: cast.House, broker: Broker) -> None:
    """The verifier (PKCE) is the session's own: a stolen code is worth nothing elsewhere."""
    connect_identity(anna.reader.user, PERSONAL_NUMBER)
    stolen = shown_there(go_there(browser())).split("code=")[1]
    client = browser()
    mine = shown_there(go_there(client)).split("code=")[0]
    assert arrive(client, f"{mine}code={stolen}").status_code == 400
    assert not is_in(client)


def test_an_answer_is_old_after_ten_minutes(
    broker: Broker, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    back = shown_there(go_there(client))
    later = time.time() + 601
    monkeypatch.setattr("allauth.socialaccount.internal.statekit.time.time", lambda: later)
    assert arrive(client, back).status_code == 400


def test_there_is_no_page_for_other_reasons(broker: Broker, client: Client) -> None:
    assert client.get("/konto/eid/nej/hej").status_code == 404


@pytest.mark.parametrize("error", ["access_denied", "server_error", "<script>alert(1)</script>"])
def test_the_broker_says_no(error: str, broker: Broker, client: Client) -> None:
    broker.error = error
    answer = come_back(client)
    assert answer.status_code == 200
    assert not is_in(client)
    page = answer.content.decode()
    assert "avbröts" in page
    assert error not in page


NONSENSE = {
    "an error of its own": (500, b"", 503),
    "a refusal": (403, b"{}", 400),
    "elsewhere": (302, b"", 400),
    "no JSON": (200, b"<html>", 400),
    "no object": (200, b"[1]", 400),
    "nothing": (200, b"", 400),
    "depths": (200, b"[" * 100_000, 400),
    "no end": (200, b'{"x": "' + b"x" * 300_000 + b'"}', 400),
}


@pytest.mark.parametrize("path", [WELL_KNOWN, "/token", "/jwks"])
@pytest.mark.parametrize(("status", "body", "ours"), NONSENSE.values(), ids=NONSENSE)
def test_a_broker_that_answers_nonsense(
    path: str, status: int, body: bytes, ours: int, broker: Broker, client: Client
) -> None:
    back = shown_there(go_there(client))
    broker.answers[path] = status, body
    assert arrive(client, back).status_code == ours
    if path == WELL_KNOWN:
        assert press(client).status_code == ours


@pytest.mark.parametrize(
    "said",
    [{"issuer": "https://ond.example"}, {"jwks_uri": None}, {"token_endpoint": 7},
     {"jwks_uri": "file:///etc/passwd"}, {"token_endpoint": "https://annan.example/"},
     {"authorization_endpoint": "javascript:alert(1)"}],
    ids=str,
)  # fmt: skip
def test_a_broker_that_describes_itself_wrongly(
    said: dict[str, Any], broker: Broker, client: Client
) -> None:
    broker.description = said
    assert press(client).status_code == 400


def test_a_broker_that_is_down(broker: Broker, client: Client, settings: Any) -> None:
    settings.OIDC_ISSUER = "http://localhost:1"
    answer = press(client)
    assert answer.status_code == 503
    assert answer["Retry-After"] == "60"
    assert "BankID svarar inte" in answer.content.decode()


@pytest.mark.parametrize("path", [WELL_KNOWN, "/token", "/jwks"])
@pytest.mark.parametrize("slowly", ["hangs", "drips"])
def test_a_broker_that_hangs_is_waited_for_so_long_and_no_longer(
    path: str, slowly: str, broker: Broker, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Silent, or with a byte now and then that starts every other clock anew."""
    monkeypatch.setattr(asking, "STEP", 0.8)
    monkeypatch.setattr(asking, "WHOLE", 1.5)
    back = shown_there(go_there(client))
    getattr(broker, slowly).add(path)
    began = time.monotonic()
    assert arrive(client, back).status_code == 503
    assert time.monotonic() - began < 3


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """Make one for localhost that nobody has signed but itself."""
    key = signing_key("tls")
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    today = datetime.datetime.now(datetime.UTC)
    local = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(today - datetime.timedelta(days=1))
        .not_valid_after(today + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(local), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "both.pem").write_bytes(private + made.public_bytes(pem))
    (folder / "ca.pem").write_bytes(made.public_bytes(pem))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "both.pem")
    return context, folder / "ca.pem"


def test_the_brokers_certificate_is_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, authority = certificate(tmp_path)
    with broker_on_loopback(context) as running:
        with pytest.raises(BrokerAway, match="SSLCertVerificationError"):
            ask(running.address + WELL_KNOWN)
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        assert ask(running.address + WELL_KNOWN)["issuer"] == running.address
