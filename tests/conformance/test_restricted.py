"""What is restricted is 404 and uncounted on every door: as if it had never come.

Derived from the routes and from declared(): a new route, or a new model with a page, is walked too.
"""

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db.models import UUIDField
from django.urls import reverse

from customers.actions.covers import About, restrict
from customers.calling import tenant_models
from customers.models import Absence, Customer, Member, StaffMember, Target, User
from messages.models import PhoneMessage
from recordings.actions import still_playable
from recordings.models import Recording
from smartsvar.back_office.site import support_site
from smartsvar.clock import database_now
from smartsvar.personal_data import Restrict
from smartsvar.shredding.models import Shreddable
from tests import cast
from tests.conformance.routes import Route
from tests.conformance.tenant_table import NAMED, TABLE, Api, Page
from tests.conformance.tenant_targets import TARGETS
from tests.conformance.test_tenant_matrix import Street, ask
from tests.conftest import browser

pytestmark = [pytest.mark.django_db(databases="__all__"), pytest.mark.production_stack]

# Where a person's own rights are used, and the trail of what was done: not doors to what it is.
RIGHTS = re.compile(r"^(privacy:|subprocessors:|portal:trail$)")
# Says when a key was last used, and the walk uses one; a workbook says when it was made.
CHANGING = {"customers:keys", "customers:staff_xlsx"}
HIDING = [model for model in tenant_models() if model.personal_data.restrict is Restrict.HIDE]
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)
TOKENS = re.compile(r"csrf\w*[^>]*value=\"[^\"]+\"|name=\"next\"[^>]*|nonce=\"[^\"]+\"")


@pytest.fixture
def street(anna: cast.House, cecilia: cast.House, sven: User, settings: Any) -> Street:
    settings.SUPPORT_NEEDS_SECOND_FACTOR = False
    return Street(anna, cecilia, sven)


def about(row: Any) -> About:
    kinds = {StaffMember: Target.STAFF, Member: Target.MEMBER}
    target = kinds.get(type(row), Target.RECORD)
    return About(target=target, object_model=row._meta.label, object_id=row.pk)


def restricted(house: cast.House, what: About) -> None:
    by, at = house.administrator, database_now()
    restrict(house.customer, what, reason="Bestrids", keeps=False, by=by, at=at)


def find(identity: Any) -> Any:
    """Return the row with this id, whichever hidden model it is of; None for what is not hidden."""
    for model in HIDING:
        row = model._base_manager.filter(pk=identity).first()
        if row is not None:
            return row
    return None


def is_of_another_kind(identity: Any) -> bool:
    """Whether it is a row all the same, of a model that no restriction hides."""
    others = [m for m in apps.get_models() if m not in HIDING and isinstance(m._meta.pk, UUIDField)]
    return any(model._base_manager.filter(pk=identity).exists() for model in others)


WALKED = [
    route
    for route in NAMED
    if route.name in TARGETS
    and isinstance(TABLE[route.name], Page | Api)
    and not RIGHTS.match(route.name)
]


def test_the_walk_meets_what_a_restriction_hides_on_most_of_its_routes(street: Street) -> None:
    things = {
        route.name: find(re.findall(r"[0-9a-f-]{36}", street.address(route, street.anna))[-1])
        for route in WALKED
    }
    met = [name for name, thing in things.items() if thing is not None]
    assert {type(things[name]) for name in met} == set(MADE)
    assert len(met) >= 14, "all but the page of a key and that of an export"


@pytest.mark.parametrize("route", WALKED, ids=str)
def test_a_restricted_rows_own_pages_are_404(route: Route, street: Street) -> None:
    row = TABLE[route.name]
    assert isinstance(row, Page | Api)
    address = street.address(route, street.anna)
    identity = re.findall(r"[0-9a-f-]{36}", address)[-1]
    thing = find(identity)
    if thing is None:
        assert is_of_another_kind(identity), "nothing about a person, or nothing that is hidden"
        return
    restricted(street.anna, about(thing))
    role = "key" if isinstance(row, Api) else "administrator"
    answers = {method: ask(street.browser(role), method, address) for method in row.ok}
    assert set(answers.values()) == {404}, answers


def make(model: Any, house: cast.House) -> Any:
    """Insert one more row of the model, through the same door as ever."""
    ways: dict[Any, Callable[[], Any]] = {
        Recording: lambda: cast.call_of(house, staff=house.staff),
        PhoneMessage: lambda: cast.message_of(house, staff=house.staff),
    }
    return ways[model]() if model in ways else find(TARGETS[ROUTE_OF[model]](house))


# A page by which the matrix makes one.
ROUTE_OF: dict[Any, str] = {
    StaffMember: "customers:staff_change",
    Absence: "customers:absence_change",
    Member: "customers:member_role",
    apps.get_model("customers.Invitation"): "customers:invitation_withdraw",
}


def lists(street: Street) -> Iterator[tuple[str, str]]:
    """Yield (role, address) of every page without an object of its own."""
    for route in NAMED:
        row = TABLE.get(route.name)
        if (
            RIGHTS.match(route.name)
            or route.name in CHANGING
            or not set(route.parameters) <= {"number"}
        ):
            continue
        if isinstance(row, Page) and "get" in row.ok:
            yield "administrator", street.address(route, street.anna)
        elif isinstance(row, Api) and "get" in row.ok:
            yield "key", street.address(route, street.anna)
    for model in support_site._registry:
        if issubclass(model, Shreddable) and model is not Customer:
            name = f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"
            yield "support", reverse(name)


def seen(street: Street) -> dict[str, str]:
    """Return what every list says, without what differs from one answer to the next."""
    found = {}
    for role, address in lists(street):
        cache.clear()
        for person in street.people.values():
            person.last_login = LONG_AGO  # the first page says what came since then
        body = street.browser(role).get(address).content.decode()
        found[f"{role} {address}"] = TOKENS.sub("", body)
    return found


MADE = [Recording, PhoneMessage, *ROUTE_OF]


def test_every_hidden_model_is_walked_or_shown_only_where_rights_are_used() -> None:
    """What is made here is walked; of the rest no page but those of the rights knows anything."""
    rest = set(HIDING) - set(MADE)
    assert {model._meta.app_label for model in rest} <= {"privacy", "subprocessors"}


@pytest.mark.parametrize("model", MADE, ids=lambda model: model._meta.label)
def test_a_restricted_row_changes_no_list_and_no_count(model: Any, street: Street) -> None:
    before = seen(street)
    row = make(model, street.anna)
    assert seen(street) != before, "the lists would show it"
    restricted(street.anna, about(row))
    support = f"support {reverse('admin:customers_restriction_changelist')}"
    after = seen(street)
    assert after.pop(support, "") != before.pop(support, "-")
    # Who has seen what: that the lists were read stands there too, once more for each reading.
    insight = f"administrator {reverse('portal:insight', args=[street.anna.customer.number])}"
    assert str(row.pk) not in after.pop(insight)
    assert [name for name in after if after[name] != before[name]] == []


def test_a_restricted_persons_name_is_in_nobody_elses_rows(street: Street) -> None:
    anna = street.anna
    call, message = cast.call_of(anna, staff=anna.staff), cast.message_of(anna, staff=anna.staff)
    number = anna.customer.number
    pages = [
        reverse("portal:call", args=[number, call.pk]),
        reverse("portal:message", args=[number, message.pk]),
        reverse("portal:overview", args=[number]),
        reverse("portal:trail", args=[number]),
        reverse("recordings:list", args=[number]),
    ]
    name, member = anna.staff.name, anna.member.name
    client = street.browser("administrator")
    street.browser("member").get(pages[0])
    before = "".join(client.get(page).content.decode() for page in pages)
    assert name in before
    assert member in before
    restricted(anna, about(anna.staff))
    restricted(anna, about(anna.member))
    after = "".join(client.get(page).content.decode() for page in pages)
    assert name not in after
    assert member not in after
    assert street.browser("member").get(pages[2]).status_code == 404


def test_where_a_message_went_does_not_show_a_restricted_persons_address(
    anna: cast.House, street: Street
) -> None:
    message = cast.message_of(anna, staff=anna.staff)
    page = reverse("portal:message", args=[anna.customer.number, message.pk])
    client = street.browser("administrator")
    assert anna.staff.email in client.get(page).content.decode()
    restricted(anna, about(anna.staff))
    after = client.get(page).content.decode()
    assert anna.staff.email not in after
    assert after.count('class="chip') == 1, "that it was sent on still stands"


def test_the_api_neither_names_nor_finds_a_restricted_person(anna: cast.House) -> None:
    made = {
        "api:message-list": cast.message_of(anna, staff=anna.staff),
        "api:recording-list": cast.call_of(anna, staff=anna.staff),
    }
    client, headers = browser(), {"Authorization": f"Bearer {anna.secret}"}

    def seen(address: str, **query: str) -> list[Any]:
        found = client.get(reverse(address), query, headers=headers).json()["results"]
        return [(row["id"], row["staff"]) for row in found]

    person = str(anna.staff.pk)
    for address, row in made.items():
        assert seen(address, staff=person) == [(str(row.pk), person)]
    restricted(anna, about(anna.staff))
    for address, row in made.items():
        assert seen(address, staff=person) == []
        assert seen(address) == [(str(row.pk), None)]
        detail = reverse(address.replace("list", "detail"), args=[row.pk])
        assert client.get(detail, headers=headers).json()["staff"] is None


def test_a_call_that_is_restricted_while_it_is_played_falls_silent(anna: cast.House) -> None:
    call = cast.call_of(anna)
    assert still_playable(call.pk, by=anna.member)
    assert still_playable(call.pk, by=anna.key)
    restricted(anna, about(call))
    assert not still_playable(call.pk, by=anna.member)
    assert not still_playable(call.pk, by=anna.key)


@pytest.mark.parametrize(
    "what",
    [About(target=Target.CALLER, caller=cast.PLANTED_NUMBER), About(target=Target.CUSTOMER)],
    ids=["caller", "account"],
)
def test_new_calls_and_messages_are_taken_with_201_and_hidden(
    anna: cast.House, what: About
) -> None:
    restricted(anna, what)
    client = browser()
    headers = {"Authorization": f"Bearer {anna.secret}"}
    facts = {
        "matter": "Ring upp", "caller_number": cast.PLANTED_NUMBER, "staff": str(anna.staff.pk)
    }  # fmt: skip
    address = reverse("api:message-list")
    taken = client.post(address, facts, content_type="application/json", headers=headers)
    assert taken.status_code == 201, taken.content
    assert PhoneMessage.objects.count() == 1
    assert client.get(address, headers=headers).json()["results"] == []
    assert client.get(taken["Location"], headers=headers).status_code == 404


def test_every_hidden_model_says_restricted_in_what_its_doors_select() -> None:
    assert len(HIDING) >= 5
    for model in HIDING:
        assert "restricted" in str(model.objects.all().live().query.where)
