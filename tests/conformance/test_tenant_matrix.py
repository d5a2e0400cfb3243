"""Every route × every method × every role × two tenants, against a declared table.

A new route without a row fails. Another tenant always gets 404 (where it may ask at all), and a
session opens nothing in the API, nor a key anything on the pages.
"""

from copy import deepcopy
from http.cookies import SimpleCookie
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth import SESSION_KEY
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from customers.actions.keys import create_api_key
from customers.models import Scope, User
from privacy.models import Case
from smartsvar.audit.actors import SYSTEM
from smartsvar.clock import database_now
from tests import cast
from tests.conformance.routes import Route
from tests.conformance.tenant_table import (
    METHODS,
    NAMED,
    OWN_SIGN_IN,
    READ,
    ROLES,
    TABLE,
    Api,
    Page,
    SignedIn,
)
from tests.conformance.tenant_targets import EVERYBODYS, MADE_SO, TARGETS, export, receipt, request
from tests.conftest import browser
from tests.subprocessors.register import row_of_register

pytestmark = [pytest.mark.django_db(databases="__all__"), pytest.mark.production_stack]
SIGN_INS = ("/konto/login/", "/admin/login/")


class Street:
    """Both houses, and somebody of every role who comes to Anna's."""

    def __init__(self, anna: cast.House, cecilia: cast.House, sven: User) -> None:
        self.anna, self.cecilia = anna, cecilia
        number = str(anna.customer.number)
        powerless = create_api_key(
            anna.customer, label="x", scopes=[], days=1, by=SYSTEM, at=database_now()
        )[1]
        platform = create_api_key(
            None, label="Växel", scopes=Scope.values, days=1, by=SYSTEM, at=database_now()
        )[1]
        self.keys = {
            "key": (anna.secret, ""),
            "key without scope": (powerless, ""),
            "platform key": (platform, number),
            "platform key naming nobody": (platform, ""),
            "other key": (cecilia.secret, ""),
            "other key naming us": (cecilia.secret, number),
        }
        self.people = {
            "reader": anna.reader.user,
            "member": anna.member.user,
            "administrator": anna.administrator.user,
            "other administrator": cecilia.administrator.user,
            "support": sven,
        }
        self._signed_in: dict[str, SimpleCookie] = {}

    def browser(self, role: str) -> Client:
        """Return a browser of this role: as it signed in before, unless that has ended."""
        client = browser()
        if role in self.people:
            client.cookies = deepcopy(self._signed_in.get(role, client.cookies))
            if SESSION_KEY not in client.session:
                client.force_login(self.people[role])
                self._signed_in[role] = deepcopy(client.cookies)
        if role in self.keys:
            secret, customer = self.keys[role]
            client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
            if customer:
                client.defaults["HTTP_SMARTSVAR_CUSTOMER"] = customer
        return client

    def address(self, route: Route, house: cast.House, number: int | None = None) -> str:
        """Return the route's address at this house, with an object made for the occasion."""
        values = {
            "number": str(number or house.customer.number),
            "token": "not-a-token",
            "why": "hej",
            "app_label": "customers",
            "part": "1",
            "customer_id": str(house.customer.pk),
        }
        for name in route.parameters:
            if name == "object_id":
                values[name] = str(_row_of(route.admin_model, house))
            elif name in EVERYBODYS:
                values[name] = str(EVERYBODYS[name]())
            elif name not in values:
                values[name] = str(TARGETS[route.name](house))
        return route.address({name: values[name] for name in route.parameters})


def _row_of(model: Any, house: cast.House) -> Any:
    if model._meta.model_name == "customer":
        return house.customer.pk
    if model._meta.model_name == "shredjob":
        at = database_now()
        return model.objects.create(
            model="recordings.Recording", lease_until=at, created_at=at, state="claimed"
        ).pk
    if model._meta.model_name == "receipt":
        return model.objects.create(
            job_id=uuid4(), customer_id=house.customer.pk, model="x", count=1, at=database_now()
        ).pk
    if model._meta.model_name == "export":
        made = model.objects.filter(customer=house.customer).first()  # there may not be many
        return made.pk if made else export(house)
    if model in MADE_SO:
        return MADE_SO[model](house)
    if model._meta.model_name == "signedreceipt":
        return receipt(house)
    if model._meta.model_name == "purgerun":
        return model.objects.create(started_at=database_now()).pk
    if model is Case:
        return request(house)
    if model._meta.app_label == "subprocessors":
        return row_of_register(model, house.customer)
    cast.call_of(house)
    cast.message_of(house)
    return model._base_manager.order_by("pk").last().pk


@pytest.fixture
def street(anna: cast.House, cecilia: cast.House, sven: User, settings: Any) -> Street:
    settings.SUPPORT_NEEDS_SECOND_FACTOR = False
    return Street(anna, cecilia, sven)


def asked(client: Client, method: str, address: str) -> Any:
    """Return the answer, read to its end."""
    if address.startswith("/api/"):
        cache.clear()  # which counts strangers
    if address.startswith("/api/") and method in {"post", "put", "patch"}:
        response = getattr(client, method)(address, {}, content_type="application/json")
    else:
        response = getattr(client, method)(address)
    if response.streaming:  # closing it would close the test's database connection
        list(response.streaming_content)
    return response


def ask(client: Client, method: str, address: str) -> int:
    status: int = asked(client, method, address).status_code
    return status


def done(answer: Any) -> bool:
    """Whether something may have been done: neither refused nor led to where one signs in."""
    leads = answer.headers.get("Location", "")
    return answer.status_code < 400 and not leads.startswith(SIGN_INS)


def test_every_named_route_has_a_row_and_every_row_a_route() -> None:
    names = {route.name for route in NAMED}
    assert names == TABLE.keys() | OWN_SIGN_IN
    assert not TABLE.keys() & OWN_SIGN_IN


@pytest.mark.parametrize("route", [r for r in NAMED if r.name not in OWN_SIGN_IN], ids=str)
def test_each_role_gets_what_the_table_says(route: Route, street: Street) -> None:
    row = TABLE[route.name]
    address, wrong = street.address(route, street.anna), []
    for role in ROLES:
        for method in METHODS:
            answer = asked(street.browser(role), method, address)
            status = answer.status_code
            expected = row.expected(role, method)
            if status != expected:
                wrong.append(f"{role}: {method} gives {status}, not {expected}")
            if method not in READ and done(answer):
                address = street.address(route, street.anna)  # the old object may be gone
    assert not wrong


@pytest.mark.parametrize(
    "route", [r for r in NAMED if r.name in TARGETS and isinstance(TABLE[r.name], Page)], ids=str
)
def test_anna_gets_404_for_cecilias_object_at_her_own_address(route: Route, street: Street) -> None:
    address = street.address(route, street.cecilia, street.anna.customer.number)
    for method in TABLE[route.name].ok:
        assert ask(street.browser("administrator"), method, address) == 404, method


@pytest.mark.parametrize(
    "route",
    [r for r in NAMED if r.name in TARGETS and not isinstance(TABLE[r.name], SignedIn)],
    ids=str,
)
def test_an_object_that_never_was_is_answered_like_another_tenants(
    route: Route, street: Street
) -> None:
    numbers = {"number": str(street.anna.customer.number)}
    unknown = {name: numbers.get(name, str(uuid4())) for name in route.parameters}
    role = "key" if isinstance(TABLE[route.name], Api) else "administrator"
    for method in TABLE[route.name].ok:
        assert ask(street.browser(role), method, route.address(unknown)) == 404, method


def test_a_customer_that_never_was_is_answered_like_annas_to_cecilia(street: Street) -> None:
    client = street.browser("other administrator")
    theirs = client.get(reverse("portal:overview", args=[street.anna.customer.number]))
    nobodys = client.get(reverse("portal:overview", args=[99999]))
    assert (theirs.status_code, nobodys.status_code) == (404, 404)
    assert len(theirs.content) == len(nobodys.content)
