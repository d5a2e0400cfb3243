"""Messages over the API: taken, listed, shown, and whose they are."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from messages.actions import delete_message
from messages.models import Delivery, PhoneMessage
from smartsvar.audit.models import AuditEntry
from smartsvar.vault.models import RecordKey
from tests.cast import PLANTED_MATTER, PLANTED_NAME, PLANTED_NUMBER, House, message_of
from tests.integrator import MESSAGES, count_queries, integrator, key_with, platform_key, problem

pytestmark = pytest.mark.django_db(databases="__all__")

SAID = {
    "matter": "Taket läcker.\nRing helst före lunch.",
    "caller_name": "Zacharias Ödlund",
    "caller_number": "070-174 06 15",
    "caller_company": "Ödlunds Plåt AB",
    "caller_email": "zacharias@odlund.example",
    "called_number": "08-465 004 11",
    "call_id": "pbx-1",
}


def post(client: Any, body: Any, **extra: Any) -> Any:
    return client.post(MESSAGES, body, content_type="application/json", **extra)


def ids(response: Any) -> list[str]:
    assert response.status_code == 200, response.content
    return [row["id"] for row in response.json()["results"]]


def test_annas_switchboard_delivers_a_message(anna: House) -> None:
    response = post(integrator(anna), SAID | {"staff": str(anna.staff.pk)})
    assert response.status_code == 201, response.content
    body = response.json()
    assert response["Location"] == f"{MESSAGES}{body['id']}/"
    assert body["caller_number"] == "+46701740615"
    assert body["called_number"] == "+46846500411"
    assert body["matter"] == SAID["matter"]
    assert [each["state"] for each in body["deliveries"]] == ["queued"]
    message = PhoneMessage.objects.of(anna.customer).get(id=body["id"])
    assert message.deliveries.get().address == anna.staff.email


def test_the_least_one_can_say_is_the_matter(anna: House) -> None:
    body = post(integrator(anna), {"matter": "Ring upp"}).json()
    assert body["caller_number"] == "withheld"
    assert body["staff"] is None
    assert abs(timezone.now() - datetime.fromisoformat(body["taken_at"])) < timedelta(minutes=1)


def test_a_message_shows_how_far_its_delivery_has_come(anna: House) -> None:
    message = message_of(anna)
    Delivery.objects.filter(message=message).update(state="accepted", settled_at=timezone.now())
    body = integrator(anna).get(f"{MESSAGES}{message.pk}/").json()
    assert body["deliveries"][0]["state"] == "accepted"
    assert body["deliveries"][0]["settled_at"] is not None
    assert "address" not in body["deliveries"][0]
    assert body["matter"] == PLANTED_MATTER
    assert AuditEntry.objects.filter(verb="phonemessage.read", object_id=message.pk).count() == 1
    message.refresh_from_db()
    assert message.read_at is None  # a system is no reader


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"matter": ""}, "matter"),
        ({"matter": None}, "matter"),
        ({"matter": 5}, "matter"),
        ({"matter": ["a"]}, "matter"),
        ({"matter": "a" * 5001}, "matter"),
        ({"matter": "a\u202eb"}, "matter"),
        ({"matter": "a\x00b"}, "matter"),
        ({"matter": "\ud800"}, "matter"),
        ({"caller_name": "a\nb"}, "caller_name"),
        ({"caller_name": {"a": 1}}, "caller_name"),
        ({"caller_number": "12"}, "caller_number"),
        ({"caller_number": 46701740615}, "caller_number"),
        ({"caller_number": "+" + "4" * 240}, "caller_number"),
        ({"caller_email": "ingen adress"}, "caller_email"),
        ({"taken_at": "i går"}, "taken_at"),
        ({"taken_at": 1e300}, "taken_at"),
        ({"taken_at": "2999-01-01T00:00:00Z"}, "taken_at"),
        ({"taken_at": "2026-13-41T00:00:00Z"}, "taken_at"),
        ({"staff": "019a0f6e-5d53-7c1e-9f0a-3f1d2b6c7a10"}, "staff"),
        ({"staff": 10**30}, "staff"),
        ({"staff": True}, "staff"),
    ],
)
def test_a_message_that_makes_no_sense_is_refused(
    anna: House, change: dict[str, Any], field: str
) -> None:
    keys = RecordKey.objects.count()
    response = post(integrator(anna), SAID | change)
    body = problem(response, 400, "invalid")
    assert body["field"] == field
    assert not PhoneMessage.objects.exists()
    assert RecordKey.objects.count() == keys


def test_a_message_older_than_messages_are_kept_is_refused(anna: House) -> None:
    old = (timezone.now() - timedelta(days=200)).isoformat()
    problem(post(integrator(anna), SAID | {"taken_at": old}), 422, "already_due")
    assert not PhoneMessage.objects.exists()


def test_cecilias_staff_is_nobody_at_annas(anna: House, cecilia: House) -> None:
    response = post(integrator(anna), SAID | {"staff": str(cecilia.staff.pk)})
    assert problem(response, 400, "invalid")["field"] == "staff"


def test_messages_are_listed_newest_first_and_filtered(anna: House) -> None:
    now = timezone.now()
    newest = message_of(anna, taken_at=now - timedelta(minutes=1), call_id="pbx-1")
    middle = message_of(anna, taken_at=now - timedelta(minutes=2), caller_number="")
    oldest = message_of(anna, taken_at=now - timedelta(minutes=3), staff=anna.staff)
    client = integrator(anna)

    def found(**query: str) -> list[str]:
        return ids(client.get(MESSAGES, query))

    names = [str(each.pk) for each in (newest, middle, oldest)]
    assert found() == names
    assert found(taken_after=middle.taken_at.isoformat()) == names[:2]
    assert found(taken_before=middle.taken_at.isoformat()) == names[2:]
    assert found(caller=PLANTED_NUMBER) == [names[0], names[2]]
    assert found(caller="withheld") == [names[1]]
    assert found(call_id="pbx-1") == [names[0]]
    assert found(staff=str(anna.staff.pk)) == [names[2]]
    first = client.get(MESSAGES, {"limit": "2"}).json()
    rest = found(limit="2", cursor=first["next"])
    assert [row["id"] for row in first["results"]] + rest == names


def test_cecilias_key_finds_none_of_annas_messages(anna: House, cecilia: House) -> None:
    message = message_of(anna)
    client = integrator(cecilia)
    assert ids(client.get(MESSAGES)) == []
    assert ids(client.get(MESSAGES, {"caller": PLANTED_NUMBER})) == []
    answer = problem(client.get(f"{MESSAGES}{message.pk}/"), 404, "not_found")
    assert PLANTED_NAME not in str(answer)


def test_pia_delivers_for_the_customer_she_names(anna: House, cecilia: House) -> None:
    headers = {"Smartsvar-Customer": str(cecilia.customer.number)}
    assert post(integrator(platform_key()), SAID, headers=headers).status_code == 201
    assert PhoneMessage.objects.of(cecilia.customer).count() == 1
    assert not PhoneMessage.objects.of(anna.customer).exists()


@pytest.mark.parametrize(
    ("scope", "reads", "writes"), [("messages:read", 200, 403), ("messages:write", 403, 201)]
)
def test_scopes_say_what_a_key_may(anna: House, scope: str, reads: int, writes: int) -> None:
    client = integrator(key_with(anna.customer, scope))
    assert client.get(MESSAGES).status_code == reads
    assert post(client, SAID).status_code == writes


def test_a_deleted_message_is_gone(anna: House) -> None:
    message = message_of(anna)
    delete_message(message, by=anna.member)
    problem(integrator(anna).get(f"{MESSAGES}{message.pk}/"), 404, "not_found")


def test_a_list_of_thirty_asks_as_little_as_a_list_of_one(anna: House) -> None:
    message_of(anna)
    client = integrator(anna)
    client.get(MESSAGES)  # notes the key's use, once a minute
    one = count_queries(lambda: client.get(MESSAGES))
    for _ in range(29):
        message_of(anna)
    thirty = count_queries(lambda: client.get(MESSAGES))
    assert len(ids(client.get(MESSAGES))) == 30
    assert thirty == one
    assert thirty["default"] <= 4
    assert thirty["keys"] <= 2
