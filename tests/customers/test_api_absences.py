"""Absences over the API, and what a person's representation says of now."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from customers.actions.absences import AbsenceFacts, add_absence
from customers.models import Absence
from smartsvar.clock import database_now
from tests.cast import House
from tests.integrator import STAFF, integrator, key_with, problem

pytestmark = pytest.mark.django_db(databases="__all__")
LUNCH = {
    "starts_at": "2027-03-01T12:00:00+01:00",
    "ends_at": "2027-03-01T13:00:00+01:00",
    "kind": "lunch",
    "text": "Åter ett.",
}


def call(client: Any, method: str, address: str, body: Any = None, **headers: str) -> Any:
    return getattr(client, method)(
        address, body, content_type="application/json", headers=headers or None
    )


def absences_of(house: House) -> str:
    return f"{STAFF}{house.staff.pk}/absences/"


def test_annas_system_notes_changes_and_removes_an_absence(anna: House) -> None:
    client = integrator(anna)
    made = call(client, "post", absences_of(anna), LUNCH)
    assert made.status_code == 201, made.content
    address = made["Location"]
    body = made.json()
    assert (body["kind"], body["text"]) == ("lunch", "Åter ett.")
    assert body["starts_at"] == "2027-03-01T11:00:00Z"
    assert client.get(address).json() == body
    assert client.get(absences_of(anna)).json()["results"] == [body]
    changed = call(client, "patch", address, {"ends_at": None})
    assert changed.json() == body | {"ends_at": None, "kept_until": None}
    assert client.delete(address).status_code == 204
    problem(client.get(address), 404, "not_found")
    assert not Absence._base_manager.exists()


def test_a_repeated_request_notes_it_once(anna: House) -> None:
    client = integrator(anna)
    answers = [
        call(client, "post", absences_of(anna), LUNCH, **{"Idempotency-Key": "lunch-1"})
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert Absence.objects.count() == 1


def test_a_person_says_whether_it_is_away_and_what_to_tell(anna: House) -> None:
    client, address = integrator(anna), f"{STAFF}{anna.staff.pk}/"
    call(client, "patch", address, {"answer_notice": "Ringer upp."})
    here = client.get(address).json()
    assert (here["away"], here["away_until"], here["notice_now"]) == (False, None, "Ringer upp.")
    at = database_now()
    facts = AbsenceFacts(starts_at=at, ends_at=at + timedelta(hours=1), text="På lunch.")
    add_absence(anna.staff, facts, by=anna.key, at=at)
    for away in (client.get(address).json(), client.get(STAFF).json()["results"][0]):
        assert (away["away"], away["notice_now"]) == (True, "På lunch.")
        assert away["away_until"] is not None
        assert away["answer_notice"] == "Ringer upp."


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"starts_at": "2027-03-01T12:00:00"}, "starts_at"),
        ({"starts_at": None}, "starts_at"),
        ({"ends_at": LUNCH["starts_at"]}, "ends_at"),
        ({"ends_at": "nu"}, "ends_at"),
        ({"kind": "vila"}, "kind"),
        ({"kind": ["lunch"]}, "kind"),
        ({"text": "a\u202eb"}, "text"),
        ({"text": "a" * 2001}, "text"),
    ],
)
@pytest.mark.parametrize("method", ["post", "patch"])
def test_what_makes_no_sense_is_refused(
    anna: House, method: str, change: dict[str, Any], field: str
) -> None:
    client, address = integrator(anna), absences_of(anna)
    if method == "patch":
        address = call(client, "post", address, LUNCH)["Location"]
    body = problem(call(client, method, address, LUNCH | change), 400, "invalid")
    assert body["field"] == field


def test_one_that_is_long_over_is_refused(anna: House) -> None:
    old = {"starts_at": "2020-01-01T00:00:00Z", "ends_at": "2020-01-02T00:00:00Z"}
    problem(call(integrator(anna), "post", absences_of(anna), old), 409, "long_over")


def test_why_somebody_is_away_is_not_for_a_key_that_only_reads(anna: House) -> None:
    at = timezone.now()
    facts = AbsenceFacts(starts_at=at, kind="sick")
    absence = add_absence(anna.staff, facts, by=anna.key, at=at)
    client = integrator(key_with(anna.customer, "staff:read"))
    problem(client.get(absences_of(anna)), 403, "scope_missing")
    problem(client.get(f"/api/v1/absences/{absence.pk}/"), 403, "scope_missing")
    assert "sick" not in client.get(STAFF).content.decode()


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_cecilias_key_reaches_no_absence_of_annas(anna: House, cecilia: House, method: str) -> None:
    absence = add_absence(
        anna.staff, AbsenceFacts(starts_at=timezone.now()), by=anna.key, at=timezone.now()
    )
    client = integrator(cecilia)
    body = None if method == "get" else LUNCH
    problem(call(client, method, f"/api/v1/absences/{absence.pk}/", body), 404, "not_found")
    problem(call(client, "post", absences_of(anna), LUNCH), 404, "not_found")
    assert Absence.objects.count() == 1
