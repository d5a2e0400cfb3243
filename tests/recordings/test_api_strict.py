"""What an integration gets wrong is said at once, and the connection serves on."""

import http.client
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from messages.models import PhoneMessage
from tests.cast import House, tone
from tests.integrator import MESSAGES, RECORDINGS, STAFF, integrator, problem, traces
from tests.processes import web_server
from tests.recordings.test_api_delivery import began, form

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

FILE = b'--a\r\nContent-Disposition: form-data; name="audio"; filename="a.wav"\r\n\r\n'
FACT = b'--a\r\nContent-Disposition: form-data; name="started_at"\r\n\r\n'


def test_a_form_without_its_last_boundary_is_refused(anna: House) -> None:
    before = traces()
    for body in (FACT + began().encode() + b"\r\n" + FILE + tone(), FILE + tone()[:50], FILE):
        kind = "multipart/form-data; boundary=a"
        response = integrator(anna).generic("POST", RECORDINGS, body, CONTENT_TYPE=kind)
        assert problem(response, 400, "truncated")["field"] == "audio"
        assert traces() == before


@pytest.mark.parametrize("how", ["form", "headers", "query"])
def test_a_misspelt_fact_of_a_call_is_refused(anna: House, how: str) -> None:
    client: Any = integrator(anna)
    before = traces()
    if how == "form":
        response = client.post(RECORDINGS, form(caler_number="+46701740615"))
    else:
        known = {"Smartsvar-Started-At": began(), "Smartsvar-Customer": str(anna.customer.number)}
        wrong = {"Smartsvar-Caler-Number": "+46701740615"} if how == "headers" else {}
        response = client.generic(
            "POST",
            RECORDINGS,
            tone(),
            headers=known | wrong,
            query_params={} if wrong else {"caler_number": "+46701740615"},
            CONTENT_TYPE="audio/wav",
        )
    assert problem(response, 400, "unknown_field")["field"] == "caler_number"
    assert b"740615" not in response.content
    assert traces() == before


def test_a_raw_call_that_names_its_customer_is_taken(anna: House) -> None:
    headers = {"Smartsvar-Started-At": began(), "Smartsvar-Customer": str(anna.customer.number)}
    client: Any = integrator(anna)
    response = client.generic("POST", RECORDINGS, tone(), headers=headers, CONTENT_TYPE="audio/wav")
    assert response.status_code == 201, response.content


@pytest.mark.parametrize("name", ["+46701740615", "Zacharias Ödlund", "a" * 40, "", "nummer_4670"])
def test_a_name_that_may_be_somebodys_is_not_said_back(anna: House, name: str) -> None:
    body = {"matter": "Ring", name: "x"}
    response = integrator(anna).post(MESSAGES, body, content_type="application/json")
    assert "field" not in problem(response, 400, "unknown_field")
    assert not name or name not in response.content.decode()
    assert not PhoneMessage.objects.exists()


def test_a_misspelt_field_of_a_message_or_a_person_is_refused(anna: House) -> None:
    client = integrator(anna)
    one = f"{STAFF}{anna.staff.pk}/"
    kind = "application/json"
    for response in (
        client.post(MESSAGES, {"matter": "Ring", "caler_number": "x"}, content_type=kind),
        client.post(STAFF, {"name": "Åsa", "caler_number": "x"}, content_type=kind),
        client.put(one, {"name": "Åsa", "caler_number": "x"}, content_type=kind),
        client.patch(one, {"caler_number": "x"}, content_type=kind),
    ):
        assert problem(response, 400, "unknown_field")["field"] == "caler_number"
    answered = client.get(one).json()
    assert client.put(one, answered, content_type=kind).status_code == 200


def test_after_a_refusal_the_connection_serves_on_or_says_that_it_ends(
    anna: House, tmp_path: Path
) -> None:
    with web_server(tmp_path / "web.log") as address:
        port = urlsplit(address).port
        connection = http.client.HTTPConnection("localhost", port, timeout=30)
        for size, kept in ((100_000, True), (900_000, True), (3_000_000, False)):
            for secret in (anna.secret, "ssv_wrong"):
                _refused(connection, secret, size, kept=kept)
        connection.close()


def _refused(connection: Any, secret: str, size: int, *, kept: bool) -> None:
    """Post a body that is refused unread, then ask for something else on the same connection."""
    headers = {"Authorization": f"Bearer {secret}", "X-Forwarded-Proto": "https"}
    connection.request("POST", RECORDINGS, b"x" * size, headers | {"Content-Type": "text/plain"})
    response = connection.getresponse()
    response.read()
    assert response.status in {401, 415}
    assert (response.headers["Connection"] == "keep-alive") == kept
    assert (connection.sock is not None) == kept  # what the client understood
    connection.request("GET", "/healthz/")
    answer = connection.getresponse()
    answer.read()
    assert answer.status == 200


@pytest.mark.parametrize(
    "listed", ["recordings", "messages", "staff", "staff/{}/absences", "exports"]
)
def test_a_list_is_not_asked_by_a_filter_that_it_does_not_have(anna: House, listed: str) -> None:
    address = f"/api/v1/{listed.format(anna.staff.id)}/"
    response = integrator(anna).get(address, query_params={"handeled": "false"})
    assert problem(response, 400, "unknown_field")["field"] == "handeled"
