"""Hostile input: never a 500, never an echo."""

import json
from typing import Any

import pytest
from django.test import Client

from customers.models import StaffMember
from messages.models import PhoneMessage
from tests.cast import House
from tests.integrator import MESSAGES, RECORDINGS, STAFF, integrator, problem

pytestmark = pytest.mark.django_db(databases="__all__")

MARK = "ekoekoeko"
BODIES: dict[str, bytes] = {
    "nothing": b"",
    "no json": MARK.encode(),
    "cut": b'{"matter": "' + MARK.encode(),
    "list": b"[1, 2]",
    "string": b'"a"',
    "null": b"null",
    "number": b"1",
    "nan": b'{"matter": NaN}',
    "infinity": b'{"matter": -Infinity}',
    "bad utf-8": b'{"matter": "\xff\xfe"}',
    "utf-16": '{"matter": "a"}'.encode("utf-16"),
    "bom": b'\xef\xbb\xbf{"matter": "a"}',
    "nul": b'{"matter": "a\x00b"}',
    "escaped nul": b'{"matter": "a\\u0000b"}',
    "half a pair": b'{"matter": "\\ud800"}',
    "deep": b'{"matter": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "many digits": b'{"matter": ' + b"9" * 10_000 + b"}",
    "huge exponent": b'{"matter": 1e999999}',
    "wrong types": b'{"matter": {"a": [1]}, "staff": [], "taken_at": {}, "caller_number": true}',
    "same twice": b'{"matter": 1, "matter": 2}',
    "odd names": json.dumps({MARK * 3: 1, "__class__": 1, "customer": 10001, "": 1}).encode(),
    "large": b'{"matter": "' + b"a" * 1_200_000 + b'"}',
}


@pytest.mark.parametrize("address", [MESSAGES, STAFF])
@pytest.mark.parametrize("what", BODIES)
def test_a_hostile_body_is_a_problem_of_its_sender(anna: House, what: str, address: str) -> None:
    response = integrator(anna).generic(
        "POST",
        address,
        BODIES[what],
        content_type="application/json",
        CONTENT_TYPE="application/json",
    )
    assert response["Content-Type"] == "application/problem+json"
    assert response.status_code == (413 if what == "large" else 400), response.content
    assert MARK.encode() not in response.content
    assert not PhoneMessage.objects.exists()
    assert StaffMember.objects.count() == 1


@pytest.mark.parametrize(
    ("address", "kind", "status"),
    [
        (MESSAGES, "application/x-www-form-urlencoded", 415),
        (MESSAGES, "text/" + MARK, 415),
        (MESSAGES, MARK, 415),
        (STAFF, "multipart/form-data; boundary=a", 415),
        (RECORDINGS, "multipart/form-data", 400),
        (RECORDINGS, "multipart/form-data; boundary=" + "a" * 300, 400),
        (RECORDINGS, "multipart/form-data; boundary=å", 400),
        (RECORDINGS, "multipart/form-data; boundary=a; charset=" + MARK, 400),
    ],
)
def test_a_hostile_content_type_is_refused(
    anna: House, address: str, kind: str, status: int
) -> None:
    response = integrator(anna).generic("POST", address, b"--a\r\n\r\n\r\n--a--", CONTENT_TYPE=kind)
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    assert MARK.encode() not in response.content


def part(head: str, body: bytes = b"x") -> bytes:
    return b"--a\r\n" + head.encode() + b"\r\n\r\n" + body + b"\r\n"


FORM = "Content-Disposition: form-data"
PARTS: dict[str, bytes] = {
    "no name": part("Content-Disposition: form-data"),
    "no header": part("X: y"),
    "odd file name": part(f'{FORM}; name="audio"; filename="../../etc/passwd\x00"'),
    "rfc 2231": part("Content-Disposition: form-data; name=\"audio\"; filename*=bad''%FF%00"),
    "base64": part(
        f'{FORM}; name="audio"; filename="a"\r\nContent-Transfer-Encoding: base64', b"!!!"
    ),
    "big field": part('Content-Disposition: form-data; name="caller_name"', b"a" * 1_100_000),
    "many fields": b"".join(part(f'{FORM}; name="f{n}"') for n in range(1100)),
    "bytes": part('Content-Disposition: form-data; name="caller_name"', b"\xff\xfe\x00"),
    "audio as text": part('Content-Disposition: form-data; name="audio"', b"RIFF"),
    "endless header": part("Content-Disposition: form-data; name=" + "a" * 200_000),
}


@pytest.mark.parametrize("what", PARTS)
def test_a_hostile_form_is_refused(anna: House, what: str) -> None:
    response = integrator(anna).generic(
        "POST",
        RECORDINGS,
        PARTS[what] + b"--a--\r\n",
        CONTENT_TYPE="multipart/form-data; boundary=a",
    )
    assert 400 <= response.status_code < 500, response.content
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    "address",
    [
        "/api/",
        "/api/v1/",
        "/api/v2/recordings/",
        "/api/v1/recordings",
        "/api/v1/recordings/x/",
        "/api/v1/recordings/%00/",
        "/api/v1/recordings/%FF/",
        "/api/v1/staff/../../admin/",
        "/api/v1/recordings/019a0f6e-5d53-7c1e-9f0a-3f1d2b6c7a1/",
        f"/api/v1/{MARK}/",
        "/api/v1/recordings/019a0f6e-5d53-7c1e-9f0a-3f1d2b6c7a10/audio/x",
    ],
)
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_an_unknown_address_of_the_api_is_a_problem_document(
    anna: House, address: str, method: str
) -> None:
    body = problem(getattr(integrator(anna), method)(address), 404, "not_found")
    assert MARK not in str(body)


@pytest.mark.parametrize(
    ("method", "address"),
    [
        ("delete", RECORDINGS),
        ("put", RECORDINGS),
        ("patch", MESSAGES),
        ("options", STAFF),
        ("trace", STAFF),
        ("delete", f"{RECORDINGS}019a0f6e-5d53-7c1e-9f0a-3f1d2b6c7a10/"),
        ("post", f"{RECORDINGS}019a0f6e-5d53-7c1e-9f0a-3f1d2b6c7a10/audio/"),
    ],
)
def test_a_method_that_is_not_there_is_405(anna: House, method: str, address: str) -> None:
    response = getattr(integrator(anna), method)(address)
    problem(response, 405, "method_not_allowed")
    assert "GET" in response["Allow"]


def test_a_method_of_the_senders_own_is_405(anna: House) -> None:
    response = integrator(anna).generic(MARK.upper(), STAFF)
    problem(response, 405, "method_not_allowed")
    assert MARK not in response.content.decode().lower()


@pytest.mark.parametrize("address", [RECORDINGS, MESSAGES, STAFF])
@pytest.mark.parametrize(
    "raw", ["cursor=%FF%00", "limit=1&limit=x", "limit=%D9%A3", "=&&&=", "a=" + "b&a=" * 1200]
)
def test_a_hostile_query_is_no_500(anna: House, address: str, raw: str) -> None:
    response = integrator(anna).generic("GET", address, QUERY_STRING=raw)
    assert response.status_code in {200, 400}


@pytest.mark.parametrize(
    "accept", ["text/html", "audio/*", "nonsense", "application/xml;q=1", "*/*;q=0"]
)
def test_accept_is_disregarded(anna: House, accept: str) -> None:
    assert integrator(anna).get(STAFF, headers={"Accept": accept}).status_code == 200


def test_a_problem_tells_its_number_and_the_log_knows_it(anna: House, caplog: Any) -> None:
    body = problem(integrator(anna).get(STAFF, {"limit": MARK}), 400, "invalid")
    assert body["instance"] == f"urn:uuid:{body['request_id']}"
    assert body["request_id"] in caplog.text
    assert MARK not in caplog.text


def test_errors_are_in_english_whatever_the_language(anna: House) -> None:
    response = integrator(anna).get(STAFF, {"limit": "0"}, headers={"Accept-Language": "sv"})
    assert "greater than or equal" in problem(response, 400, "invalid")["detail"]
    assert response["Content-Language"] == "en"


def test_a_failure_nobody_foresaw_tells_nothing(anna: House, monkeypatch: Any) -> None:
    def broken(*args: Any) -> None:
        raise RuntimeError(MARK)

    monkeypatch.setattr("customers.api.register_of", broken)
    client: Client = integrator(anna)
    assert MARK not in str(problem(client.get(STAFF), 500, "internal_error"))
