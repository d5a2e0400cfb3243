"""The staff register over the API, in full."""

from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from customers.actions import staff as register
from customers.actions.staff import StaffDetails, add_staff
from customers.models import StaffMember
from smartsvar.vault.models import RecordKey
from tests.cast import House
from tests.integrator import STAFF, count_queries, integrator, key_with, problem

pytestmark = pytest.mark.django_db(databases="__all__")

PERSON = {
    "name": "Åsa Ödman",
    "title": "Säljare",
    "phone": "070-174 06 20",
    "email": "asa@ankdammsbygg.example",
    "keywords": ["offert", "tak"],
    "answer_notice": "Ringer upp\nsamma dag.",
}


def call(client: Any, method: str, address: str, body: Any = None) -> Any:
    return getattr(client, method)(address, body, content_type="application/json")


def add(house: House, *names: str) -> list[StaffMember]:
    at = timezone.now()
    return [
        add_staff(house.customer, StaffDetails(name=name), by=house.administrator, at=at)
        for name in names
    ]


def test_annas_system_keeps_the_register(anna: House) -> None:
    client = integrator(anna)
    made = call(client, "post", STAFF, PERSON)
    assert made.status_code == 201, made.content
    address = made["Location"]
    expected = PERSON | {"phone": "+46701740620"}
    assert {name: made.json()[name] for name in PERSON} == expected
    assert client.get(address).json() == made.json()
    changed = call(client, "patch", address, {"title": "Säljchef"})
    assert changed.status_code == 200
    assert {name: changed.json()[name] for name in PERSON} == expected | {"title": "Säljchef"}
    replaced = call(client, "put", address, {"name": "Åsa Berg"})
    assert replaced.json()["name"] == "Åsa Berg"
    assert (replaced.json()["title"], replaced.json()["keywords"]) == ("", [])
    key_id = StaffMember.objects.get(id=made.json()["id"]).key_id
    assert client.delete(address).status_code == 204
    assert not RecordKey.objects.filter(id=key_id).exists()
    problem(client.get(address), 404, "not_found")
    problem(client.delete(address), 404, "not_found")


def test_the_register_is_sorted_as_swedes_do_in_pages(anna: House) -> None:
    add(anna, "Örjan", "Ärla", "Åke", "Zoe", "anders", "Bo")
    client, seen, cursor = integrator(anna), [], ""
    while cursor is not None:
        query = {"limit": "3"} | ({"cursor": cursor} if cursor else {})
        page = client.get(STAFF, query).json()
        seen += [person["name"] for person in page["results"]]
        cursor = page["next"]
    assert seen == ["anders", "Bo", anna.staff.name, "Zoe", "Åke", "Ärla", "Örjan"]


def test_a_cursor_at_somebody_who_left_begins_again(anna: House) -> None:
    add(anna, "Anders", "Bo")
    client = integrator(anna)
    cursor = client.get(STAFF, {"limit": "1"}).json()["next"]
    assert client.delete(f"{STAFF}{UUID(cursor)}/").status_code == 204
    problem(client.get(STAFF, {"cursor": cursor}), 400, "invalid_cursor")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "A\x1bB"}, "name"),
        ({"name": "A\u2066B"}, "name"),
        ({"phone": "inget nummer"}, "phone"),
        ({"email": "a@"}, "email"),
        ({"keywords": "tak"}, "keywords"),
        ({"keywords": ["a"] * 51}, "keywords"),
        ({"keywords": ["a" * 61]}, "keywords.0"),
        ({"keywords": [["a"]]}, "keywords.0"),
        ({"keywords": {"a": 1}}, "keywords"),
        ({"answer_notice": "a" * 2001}, "answer_notice"),
    ],
)
@pytest.mark.parametrize("method", ["post", "put", "patch"])
def test_what_makes_no_sense_is_refused(
    anna: House, method: str, change: dict[str, Any], field: str
) -> None:
    address = STAFF if method == "post" else f"{STAFF}{anna.staff.pk}/"
    body = problem(call(integrator(anna), method, address, PERSON | change), 400, "invalid")
    assert body["field"] == field
    assert StaffMember.objects.get().name == anna.staff.name


def test_a_full_register_says_so(anna: House, monkeypatch: Any) -> None:
    monkeypatch.setattr(register, "REGISTER_LIMIT", 1)
    problem(call(integrator(anna), "post", STAFF, PERSON), 409, "register_full")


@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_cecilias_key_reaches_nobody_at_annas(anna: House, cecilia: House, method: str) -> None:
    address = f"{STAFF}{anna.staff.pk}/"
    problem(
        call(integrator(cecilia), method, address, PERSON if method != "get" else None),
        404,
        "not_found",
    )
    assert StaffMember.objects.of(anna.customer).get().name == anna.staff.name
    names = [person["name"] for person in integrator(cecilia).get(STAFF).json()["results"]]
    assert names == [cecilia.staff.name]


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_a_key_that_only_reads_changes_nothing(anna: House, method: str) -> None:
    client = integrator(key_with(anna.customer, "staff:read"))
    address = STAFF if method == "post" else f"{STAFF}{anna.staff.pk}/"
    problem(call(client, method, address, PERSON), 403, "scope_missing")
    assert client.get(address).status_code == 200


def test_a_list_of_thirty_asks_as_little_as_a_list_of_one(anna: House) -> None:
    client = integrator(anna)
    client.get(STAFF)  # notes the key's use, once a minute
    one = count_queries(lambda: client.get(STAFF))
    add(anna, *(f"Person {n}" for n in range(29)))
    thirty = count_queries(lambda: client.get(STAFF))
    assert len(client.get(STAFF).json()["results"]) == 30
    assert thirty == one
