"""Who reaches the API, by what, and how often."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as project
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone
from rest_framework.views import APIView

from customers.actions.keys import create_api_key, revoke_api_key
from customers.api_auth import HasScope
from customers.api_base import ApiView
from customers.models import Scope
from smartsvar.audit.actors import SYSTEM
from tests.cast import House
from tests.integrator import (
    MESSAGES,
    RECORDINGS,
    STAFF,
    integrator,
    key_with,
    platform_key,
    problem,
)

pytestmark = pytest.mark.django_db(databases="__all__")

HTTPS = {"X-Forwarded-Proto": "https"}
OPEN = {"schema", "docs"}


def api_patterns() -> list[URLPattern]:
    """Return every named address of the API, from the routes themselves."""
    found: list[Any] = [each for each in get_resolver().url_patterns if str(each.pattern) == "api/"]
    named = []
    while found:
        each = found.pop()
        if isinstance(each, URLResolver):
            found += each.url_patterns
        elif each.name:
            named.append(each)
    return named


def test_every_route_of_the_api_is_behind_a_key_and_declares_its_scopes() -> None:
    patterns = api_patterns()
    assert len(patterns) == 13
    for pattern in patterns:
        callback: Any = pattern.callback
        view: type[APIView] = callback.view_class
        if pattern.name in OPEN:
            continue
        assert issubclass(view, ApiView)
        assert view.permission_classes == [HasScope]
        methods = {name.upper() for name in view.http_method_names if hasattr(view, name)} - {
            "HEAD"
        }
        assert set(view.scopes) == methods, pattern.name
        assert set(view.scopes.values()) <= set(Scope.values)


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer ssv_",
        "Bearer ssv_00000000_x",
        "Bearer x",
        "Basic YTpi",
        "Token {}",
        "Bearer {}x",
        "Bearer ssv_\u00e5\u00e4\u00f6_x",
        "Bearer ssv_0000000%_x",
        "Bearer " + "a" * 7000,
    ],
)
def test_a_stranger_gets_401(anna: House, authorization: str) -> None:
    headers = HTTPS | (
        {"Authorization": authorization.format(anna.secret)} if authorization else {}
    )
    response = Client(headers=headers).get(RECORDINGS)
    body = problem(response, 401, "bad_key" if authorization else "not_authenticated")
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert anna.secret not in str(body)


def test_a_signed_in_member_is_a_stranger_to_the_api(anna: House, sign_in: Any) -> None:
    browser = sign_in(anna.administrator)
    problem(browser.get(RECORDINGS, headers=HTTPS), 401, "not_authenticated")
    problem(
        browser.post(STAFF, {}, content_type="application/json", headers=HTTPS),
        401,
        "not_authenticated",
    )


def test_a_revoked_key_is_refused_at_once(anna: House) -> None:
    assert integrator(anna).get(STAFF).status_code == 200
    revoke_api_key(anna.key, by=anna.administrator, at=timezone.now())
    problem(integrator(anna).get(STAFF), 401, "bad_key")


def test_an_expired_key_is_refused(anna: House) -> None:
    old = timezone.now() - timedelta(days=2)
    _, shown = create_api_key(
        anna.customer, label="Gammal", scopes=Scope.values, days=1, by=SYSTEM, at=old
    )
    problem(integrator(shown).get(STAFF), 401, "bad_key")


def test_the_key_of_a_customer_past_its_date_is_refused(anna: House) -> None:
    type(anna.customer).objects.filter(id=anna.customer.id).update(due_at=timezone.now())
    problem(integrator(anna).get(STAFF), 401, "bad_key")


@pytest.mark.parametrize("named", ["1", "999999999", "-1", "1e3", "١", "abc", "9" * 400, "10001;"])
def test_a_platform_key_that_names_nobody_finds_nothing(anna: House, named: str) -> None:
    headers = {"Smartsvar-Customer": named.encode().decode("latin-1")}
    problem(integrator(platform_key()).get(STAFF, headers=headers), 404, "not_found")


def test_a_platform_key_must_name_a_customer(anna: House) -> None:
    body = problem(integrator(platform_key()).get(STAFF), 400, "customer_missing")
    assert body["field"] == "Smartsvar-Customer"


def test_a_customers_key_may_name_itself_and_nobody_else(anna: House, cecilia: House) -> None:
    own = {"Smartsvar-Customer": str(anna.customer.number)}
    assert integrator(anna).get(STAFF, headers=own).status_code == 200
    other = {"Smartsvar-Customer": str(cecilia.customer.number)}
    problem(integrator(anna).get(STAFF, headers=other), 404, "not_found")


def test_a_key_without_scopes_may_nothing(anna: House) -> None:
    client = integrator(key_with(anna.customer))
    for address in (RECORDINGS, MESSAGES, STAFF):
        problem(client.get(address), 403, "scope_missing")
        problem(client.post(address, {}, content_type="application/json"), 403, "scope_missing")


def test_a_view_that_forgets_its_scopes_is_closed(anna: House, rf: Any) -> None:
    class Forgetful(ApiView):
        def get(self, request: Any) -> Any:
            raise AssertionError("never reached")

    request = rf.get("/", headers={"Authorization": f"Bearer {anna.secret}"})
    problem(_json(Forgetful.as_view()(request)), 403, "scope_missing")


def _json(response: Any) -> Any:
    import json  # noqa: PLC0415

    response.json = lambda: json.loads(response.content)
    return response


def rates(settings: Any, **changed: str) -> None:
    rest = dict(settings.REST_FRAMEWORK)
    rest["DEFAULT_THROTTLE_RATES"] = rest["DEFAULT_THROTTLE_RATES"] | changed
    settings.REST_FRAMEWORK = rest


def test_a_key_that_asks_too_often_waits(anna: House, cecilia: House, settings: Any) -> None:
    rates(settings, key="3/min")
    client = integrator(anna)
    assert [client.get(STAFF).status_code for _ in range(3)] == [200] * 3
    response = client.get(STAFF)
    problem(response, 429, "too_many_requests")
    assert 1 <= int(response["Retry-After"]) <= 60
    assert integrator(cecilia).get(STAFF).status_code == 200


def test_strangers_are_counted_by_the_address_the_proxy_saw(anna: House, settings: Any) -> None:
    rates(settings, stranger="3/min")

    def knock(claimed: str) -> int:
        headers = {"Authorization": "Bearer x", "X-Forwarded-For": f"{claimed}, 192.0.2.7"} | HTTPS
        return Client(headers=headers).get(STAFF).status_code

    assert [knock(f"198.51.100.{n}") for n in range(5)] == [401, 401, 401, 429, 429]
    assert integrator(anna, **{"X-Forwarded-For": "192.0.2.7"}).get(STAFF).status_code == 200


def test_without_a_cache_calls_still_come_in(no_valkey: None, anna: House) -> None:
    assert integrator(anna).get(STAFF).status_code == 200


def test_the_schema_and_its_page_are_open_to_all() -> None:
    client = Client(headers=HTTPS)
    assert client.get(reverse("api:schema")).status_code == 200
    page = client.get(reverse("api:docs"))
    assert page.status_code == 200
    policy = page["Content-Security-Policy"]
    assert "'unsafe-inline'" in policy.partition("style-src")[2].partition(";")[0]
    assert (
        "script-src" not in policy
        or "unsafe" not in policy.partition("script-src")[2].partition(";")[0]
    )
    assert "unsafe-inline" not in str(project.CONTENT_SECURITY_POLICY)
