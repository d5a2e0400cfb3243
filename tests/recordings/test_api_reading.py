"""Lists and items: whose they are, in which order, and at which price."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from customers.actions.staff import StaffDetails, add_staff
from recordings.actions import delete_recording
from recordings.models import Recording
from smartsvar.audit.models import AuditEntry
from tests.cast import PLANTED_NAME, PLANTED_NUMBER, House, call_of, tone
from tests.integrator import RECORDINGS, count_queries, integrator, key_with, platform_key, problem

pytestmark = pytest.mark.django_db(databases="__all__")

SHORT = tone(0.1)


def calls(house: House, count: int, **facts: Any) -> list[Recording]:
    """Receive calls, newest first."""
    now = timezone.now()
    return [
        call_of(house, audio=SHORT, started_at=now - timedelta(minutes=n + 1), **facts)
        for n in range(count)
    ]


def ids(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [row["id"] for row in response.json()["results"]]


def test_annas_calls_are_listed_newest_first_in_pages(anna: House) -> None:
    same = timezone.now() - timedelta(hours=1)
    expected = (
        calls(anna, 4) + [call_of(anna, audio=SHORT, started_at=same) for _ in range(3)][::-1]
    )
    client, seen, cursor = integrator(anna), [], None
    for _ in range(4):
        query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        response = client.get(RECORDINGS, query)
        seen += ids(response)
        cursor = response.json()["next"]
        if cursor is None:
            break
    assert seen == [str(call.pk) for call in expected]


def test_a_call_that_comes_in_between_moves_no_page(anna: House) -> None:
    expected = calls(anna, 4)
    client = integrator(anna)
    first = client.get(RECORDINGS, {"limit": "2"})
    call_of(anna, audio=SHORT, started_at=timezone.now())
    second = client.get(RECORDINGS, {"limit": "2", "cursor": first.json()["next"]})
    assert ids(first) + ids(second) == [str(call.pk) for call in expected]


def test_an_item_says_everything_and_leaves_a_trace(anna: House) -> None:
    call = call_of(anna, call_id="pbx-9", staff=anna.staff)
    body = integrator(anna).get(f"{RECORDINGS}{call.pk}/").json()
    assert body["caller_name"] == PLANTED_NAME
    assert body["caller_number"] == PLANTED_NUMBER
    assert body["audio"] == f"{RECORDINGS}{call.pk}/audio/"
    assert body["kept_until"] > body["ended_at"]
    assert AuditEntry.objects.get(verb="recording.seen", object_id=call.pk).actor_id == anna.key.pk


def test_filters_select(anna: House) -> None:
    other = add_staff(
        anna.customer, StaffDetails(name="Örjan"), by=anna.administrator, at=timezone.now()
    )
    newest, middle, oldest = calls(anna, 3)
    hidden = call_of(
        anna,
        audio=SHORT,
        started_at=timezone.now() - timedelta(hours=2),
        caller_number="",
        call_id="x-1",
        staff=other,
    )
    client = integrator(anna)

    def found(**query: str) -> list[str]:
        return ids(client.get(RECORDINGS, query))

    at = middle.started_at.isoformat()
    assert found(started_after=at) == [str(newest.pk), str(middle.pk)]
    assert found(started_before=at) == [str(oldest.pk), str(hidden.pk)]
    assert found(caller="withheld") == [str(hidden.pk)]
    assert found(caller="070-174 06 66") == [str(c.pk) for c in (newest, middle, oldest)]
    assert found(caller="+46701740699") == []
    assert found(call_id="x-1") == [str(hidden.pk)]
    assert found(staff=str(other.pk)) == [str(hidden.pk)]
    assert found(staff=str(anna.staff.pk)) == []


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "201"}, "limit"),
        ({"limit": "9" * 5000}, "limit"),
        ({"cursor": "x"}, "cursor"),
        ({"cursor": "A" * 32}, "cursor"),
        ({"cursor": "_" * 32}, "cursor"),
        ({"cursor": "\x00"}, "cursor"),
        ({"cursor": "åäö"}, "cursor"),
        ({"started_after": "igår"}, "started_after"),
        ({"started_before": "99999-01-01T00:00:00Z"}, "started_before"),
        ({"caller": "ring"}, "caller"),
        ({"staff": "Stina"}, "staff"),
        ({"call_id": "\x00"}, "call_id"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused(
    anna: House, query: dict[str, str], field: str
) -> None:
    response = integrator(anna).get(RECORDINGS, query)
    assert response.status_code == 400
    body = response.json()
    assert body["field"] == field
    assert next(iter(query.values())) not in body["detail"]


def test_cecilias_key_finds_none_of_annas_calls(anna: House, cecilia: House) -> None:
    call = call_of(anna, call_id="pbx-1")
    client = integrator(cecilia)
    assert ids(client.get(RECORDINGS)) == []
    assert ids(client.get(RECORDINGS, {"caller": PLANTED_NUMBER})) == []
    assert ids(client.get(RECORDINGS, {"call_id": "pbx-1"})) == []
    assert ids(client.get(RECORDINGS, {"staff": str(anna.staff.pk)})) == []
    problem(client.get(f"{RECORDINGS}{call.pk}/"), 404, "not_found")
    headers = {"Smartsvar-Customer": str(anna.customer.number)}
    problem(client.get(RECORDINGS, headers=headers), 404, "not_found")


def test_annas_cursor_shows_cecilia_her_own(anna: House, cecilia: House) -> None:
    calls(anna, 2)
    cursor = integrator(anna).get(RECORDINGS, {"limit": "1"}).json()["next"]
    assert ids(integrator(cecilia).get(RECORDINGS, {"cursor": cursor})) == []


def test_pia_sees_whom_she_names(anna: House, cecilia: House) -> None:
    call = call_of(anna)
    pia = integrator(platform_key())
    for house, expected in ((anna, [str(call.pk)]), (cecilia, [])):
        headers = {"Smartsvar-Customer": str(house.customer.number)}
        assert ids(pia.get(RECORDINGS, headers=headers)) == expected


def test_a_key_without_the_scope_reads_nothing(anna: House) -> None:
    call = call_of(anna)
    client = integrator(key_with(anna.customer, "recordings:audio", "recordings:write"))
    problem(client.get(RECORDINGS), 403, "scope_missing")
    problem(client.get(f"{RECORDINGS}{call.pk}/"), 403, "scope_missing")


def test_a_deleted_call_is_gone_from_list_and_item(anna: House) -> None:
    call = call_of(anna)
    delete_recording(call, by=anna.member)
    assert ids(integrator(anna).get(RECORDINGS)) == []
    problem(integrator(anna).get(f"{RECORDINGS}{call.pk}/"), 404, "not_found")


def test_a_list_of_thirty_asks_as_little_as_a_list_of_one(anna: House) -> None:
    calls(anna, 1)
    client = integrator(anna)
    client.get(RECORDINGS)  # notes the key's use, once a minute
    one = count_queries(lambda: client.get(RECORDINGS))
    calls(anna, 29)
    thirty = count_queries(lambda: client.get(RECORDINGS))
    assert len(ids(client.get(RECORDINGS))) == 30
    assert thirty == one
    assert thirty["default"] <= 3
    assert thirty["keys"] <= 2
