"""Nothing that a person can open is left out of the walk through the pages."""

from pathlib import Path
from typing import Any

import pytest
from django.test.signals import template_rendered

from smartsvar.settings import BASE_DIR
from tests import cast
from tests.journeys import states
from tests.journeys.states import everything
from tests.journeys.walk import World, address_of, ours, own_values, people

pytestmark = [pytest.mark.django_db(databases="__all__"), pytest.mark.either_stack]
# Addresses that show nothing themselves: where they lead to.
LEAD_ON = {
    "mfa_index": "the account", "mfa_list_webauthn": "the account",
    "account_set_password": "to change it: everybody has one",
    "account_confirm_login_code": "to sign in: no codes are mailed",
    "mfa_login_webauthn": "to sign in", "set_language": "back where one was",
}  # fmt: skip
# Whole pages that are none of the service's (kept as files, sent as mail, of the back office), and
# those that need a broker: test_broker has one, and looks at them.
ELSEWHERE = (
    "parts/",
    "admin/",
    "privacy/archive/",
    "privacy/case_file.html",
    "privacy/record.html",
    "customers/broker/",
)
WHOLE = ("{% extends", "<!doctype html>")


@pytest.fixture
def used() -> Any:
    """The names of the templates that have been rendered."""
    names: set[str] = set()

    def note(template: Any, **_rest: Any) -> None:
        names.add(template.name)

    template_rendered.connect(note)
    yield names
    template_rendered.disconnect(note)


@pytest.fixture
def world(anna: cast.House, cecilia: cast.House) -> World:
    made = people(anna, cecilia)
    states.prepare(made)
    return made


def opened(world: World) -> set[str]:
    """Open everything that is walked; return the names of the addresses that had a page."""
    seen = set()
    for look in everything(world):
        client = world.visitors[look.who]
        answer = client.post(look.address, look.body) if look.body else client.get(look.address)
        assert answer.status_code == look.status, str(look)
        seen.add(answer.resolver_match.view_name)
    return seen


def test_every_address_is_walked_or_shows_nothing(world: World) -> None:
    own = own_values(world)
    made = [(route, address_of(route, world.anna, own)) for route in ours()]
    seen = opened(world)
    left = {route.name: address for route, address in made if route.name not in seen}
    left = {name: address for name, address in left.items() if name not in LEAD_ON and name}
    shown = {name: address for name, address in left.items() if not silent(world, address)}
    assert shown == {}
    assert len(seen) > 60


def silent(world: World, address: str) -> bool:
    """Whether the address is a form's target, a file, or facts for a program."""
    answer = world.visitors["anna"].get(address)
    if answer.status_code in {404, 405}:  # 404: spent by the walk, or for those with a passkey
        return True
    kind = answer.headers.get("Content-Type", "")
    return answer.status_code == 200 and (
        "html" not in kind or "attachment" in answer.headers.get("Content-Disposition", "")
    )


def test_every_whole_page_there_is_a_template_of_is_walked(world: World, used: set[str]) -> None:
    """Also what only a posted form shows, and what is shown when something is wrong."""
    opened(world)
    states.trouble()
    folder = BASE_DIR / "templates"
    whole = {str(file.relative_to(folder)) for file in folder.rglob("*.html") if is_whole(file)}
    left = {name for name in whole - used if not name.startswith(ELSEWHERE)}
    assert left == set()


def is_whole(file: Path) -> bool:
    """Whether it makes a page; what is sent as mail does not."""
    return file.parent.name != "mail" and any(mark in file.read_text() for mark in WHOLE)
