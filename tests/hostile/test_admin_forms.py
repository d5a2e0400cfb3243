"""Support's forms, each of their fields hostile: a clear message, never a 500, nothing unseen kept.

The forms are those found behind the admin's addresses, on the pages of what stands in the world.
"""

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret

from customers.models import User
from customers.second_factor import second_factor_of
from tests.conformance.planted import Planted, plant
from tests.conformance.routes import Route, routes
from tests.conformance.test_superuser_walk import NOBODY, values_for
from tests.conftest import browser
from tests.hostile.found import forms_on
from tests.hostile.nasties import ALL_AT_ONCE, IN_TEXT
from tests.hostile.stands import Stand, attack, nasties_for, overloaded
from tests.journeys.walk import World

pytestmark = [pytest.mark.django_db(databases="__all__"), pytest.mark.production_stack]


@pytest.fixture
def agent(sven: User) -> User:
    with second_factor_of(sven):
        TOTP.activate(sven, generate_totp_secret())
    return sven


def addresses(route: Route, planted: Planted) -> Iterator[str]:
    """Yield the route's addresses with what there is: its first row, Anna's number."""
    for values in product(*[values_for(route, name, planted) for name in route.parameters]):
        if NOBODY not in values and "99999" not in values:
            yield route.address(dict(zip(route.parameters, values, strict=True)))


def stands(world: World, agent: User) -> list[Stand]:
    planted, client = plant(world.cecilia), browser()
    client.force_login(agent)
    found: dict[Any, Stand] = {}
    for route in routes():
        if not route.pattern.startswith("admin/"):
            continue
        for address in addresses(route, planted):
            answer = client.get(address)
            if answer.status_code == 200 and "html" in answer.headers["Content-Type"]:
                for form in [
                    each for each in forms_on(answer.content.decode(), address) if each.fields
                ]:
                    found.setdefault((form.view, form.shape), Stand("sven", client, form, {}))
    return list(found.values())


def test_every_field_of_every_form_of_supports_may_hold_anything(world: World, agent: User) -> None:
    wrong: list[str] = []
    attacked = 0
    for stand in stands(world, agent):
        wrong += overloaded(stand)
        for what, said in attacks(stand):
            found, said_no = attack(stand, said)
            attacked += 1
            wrong += [f"{stand} {what}: {trouble}" for trouble in found]
            if what.split()[-1] in IN_TEXT and stand.form.method == "post" and not said_no:
                wrong.append(f"{stand} {what}: taken")
    assert not wrong, "\n".join(wrong)
    assert attacked > 200


def attacks(stand: Stand) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what is sent: everything hostile at once, then one field at a time."""
    fields, honest = stand.form.fields, stand.honest()
    for kind, nasty in ALL_AT_ONCE.items():
        yield kind, dict.fromkeys(fields, nasty)
    for field in fields.values():
        for kind, nasty in nasties_for(field).items():
            yield f"{field.name} {kind}", honest | {field.name: nasty}
