"""The OpenAPI document holds, and the API keeps what it promises there."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
import schemathesis
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.test import Client
from hypothesis import HealthCheck, given
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from customers.actions.absences import AbsenceFacts, add_absence
from customers.actions.covers import About
from customers.models import Target
from privacy.exports.ask import ask_for_export
from recordings.api_examples import RECORDING
from recordings.serializers import RecordingSerializer
from smartsvar.clock import database_now
from tests.cast import House, call_of, message_of
from tests.integrator import integrator

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

HTTPS = {"X-Forwarded-Proto": "https", "Host": "testserver"}
FICTION = ("+467017406", "+468465004", "070-174 06", "08-465 004")
EXAMPLES = 12  # per operation, of requests that the schema allows, and as many of others
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@pytest.fixture
def document() -> dict[str, Any]:
    """The schema as a stranger fetches it."""
    response = Client(headers=HTTPS).get("/api/v1/schema/", {"format": "json"})
    found: dict[str, Any] = json.loads(response.content)
    return found


def test_the_schema_validates_without_a_warning(tmp_path: Any) -> None:
    call_command("spectacular", validate=True, fail_on_warn=True, file=str(tmp_path / "schema.yml"))


def test_the_schema_is_openapi_3_1_with_its_security(document: dict[str, Any]) -> None:
    assert document["openapi"] == "3.1.0"
    scheme = document["components"]["securitySchemes"]["ApiKey"]
    assert (scheme["type"], scheme["scheme"]) == ("http", "bearer")
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            where = f"{method} {path}"
            assert operation["security"] == [{"ApiKey": []}], where
            assert "Scope: `" in operation["description"], where
            assert {"400", "401", "403", "404", "429"} <= set(operation["responses"]), where
            names = {parameter["name"] for parameter in operation["parameters"]}
            assert "Smartsvar-Customer" in names, where
            assert ("Idempotency-Key" in names) == (method == "post"), where


def test_errors_are_documented_as_problems(document: dict[str, Any]) -> None:
    for operations in document["paths"].values():
        for operation in operations.values():
            for status, answer in operation["responses"].items():
                if int(status) >= 400 and "content" in answer:
                    assert set(answer["content"]) == {"application/problem+json"}


def test_examples_use_numbers_reserved_for_fiction(document: dict[str, Any]) -> None:
    numbers = [text for text in _strings(document) if text.startswith(("+46", "07", "08-"))]
    assert numbers
    assert [number for number in numbers if not number.startswith(FICTION)] == []


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _strings(inner)


def test_the_example_of_a_recording_is_what_is_answered(anna: House) -> None:
    answered = RecordingSerializer(call_of(anna)).data
    assert list(answered) == list(RECORDING)


def test_the_api_keeps_its_promises_under_generated_requests(anna: House, settings: Any) -> None:
    """Schemathesis asks what the schema allows, and what it does not."""
    rest = dict(settings.REST_FRAMEWORK)
    rest["DEFAULT_THROTTLE_RATES"] = {"key": "100000/min", "stranger": "100000/min"}
    settings.REST_FRAMEWORK = rest
    about, at = About(target=Target.CUSTOMER), database_now()
    away = add_absence(anna.staff, AbsenceFacts(starts_at=at), by=anna.key, at=at)
    export = ask_for_export(anna.customer, about, case=None, by=anna.administrator, at=at)
    known = {
        "recording_id": str(call_of(anna).pk),
        "message_id": str(message_of(anna).pk),
        "staff_id": str(anna.staff.pk),
        "absence_id": str(away.pk),
        "export_id": str(export.pk),
    }
    headers = HTTPS | {"Authorization": f"Bearer {anna.secret}"}
    schema = schemathesis.openapi.from_wsgi(
        "/api/v1/schema/?format=json", get_wsgi_application(), headers=HTTPS
    )
    seen: Counter[int] = Counter()
    found: Any = schema.get_all_operations()
    operations = [result.ok() for result in found]
    for operation in operations:
        ids = {name: known[name] for name in known if f"{{{name}}}" in operation.path}
        _ask(operation.as_strategy(path_parameters=ids or None), headers, seen)
        _ask(operation.as_strategy(generation_mode=GenerationMode.NEGATIVE), headers, seen)
    assert len(operations) == 22
    assert {200, 201, 204, 400, 404} <= set(seen)


def _ask(cases: Any, headers: dict[str, str], seen: Counter[int]) -> None:
    @given(case=cases)
    @hypothesis.settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    def once(case: Any) -> None:
        response = case.call(headers=headers)
        seen[response.status_code] += 1
        case.validate_response(response, checks=CHECKS)

    once()


def test_the_page_loads_its_own_scripts_only(anna: House) -> None:
    html = Client(headers=HTTPS).get("/api/v1/docs/").content.decode()
    assert "<script>" not in html
    assert "cdn." not in html
    script = Client(headers=HTTPS).get("/api/v1/docs/", {"script": ""})
    assert script["Content-Type"].startswith("application/javascript")
    assert integrator(anna).get("/api/v1/schema/").status_code == 200
