"""Idempotency-Key: the work once, the answer as often as asked."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from customers.actions.covers import About, restrict
from customers.actions.idempotency import LEASE, InFlight, LeaseLost, claim, forget
from customers.models import ApiKey, IdempotentRequest, StaffMember, Target
from customers.tasks import forget_idempotency
from messages.actions import delete_message
from messages.models import PhoneMessage
from recordings.models import Recording
from recordings.receiving import begin_upload
from tests.cast import PLANTED_NUMBER, House, tone
from tests.integrator import MESSAGES, RECORDINGS, STAFF, integrator, platform_key, problem, traces

pytestmark = pytest.mark.django_db(databases="__all__")

AUDIO = tone(0.5)
NAME = "8e03978e-40d5-43dd-bc93-6894a57f9324"


def deliver(
    house: House, audio: bytes = AUDIO, *, name: str = NAME, began: str = "", how: str = "form"
) -> Any:
    began = began or (timezone.now() - timedelta(minutes=5)).isoformat()
    headers = {"Idempotency-Key": name}
    if how == "raw":
        headers["Smartsvar-Started-At"] = began
        return integrator(house).post(RECORDINGS, audio, content_type="audio/wav", headers=headers)
    fields = {"started_at": began, "audio": SimpleUploadedFile("a.wav", audio)}
    return integrator(house).post(RECORDINGS, fields, headers=headers)


def say(house: House, matter: str = "Ring upp", name: str = NAME) -> Any:
    headers = {"Idempotency-Key": name}
    return integrator(house).post(
        MESSAGES, {"matter": matter}, content_type="application/json", headers=headers
    )


@pytest.mark.parametrize("how", ["form", "raw"])
def test_a_repeated_delivery_answers_with_the_same_recording(anna: House, how: str) -> None:
    began = (timezone.now() - timedelta(minutes=5)).isoformat()
    first = deliver(anna, began=began, how=how)
    before = traces()
    second = deliver(anna, began=began, how=how, name=f'"{NAME}"')
    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json() == first.json()
    assert second["Location"] == first["Location"]
    assert second["Idempotency-Replayed"] == "true"
    assert "Idempotency-Replayed" not in first
    assert Recording.objects.count() == 1
    assert traces() == before


def test_a_repeated_message_is_sent_on_once(anna: House) -> None:
    first, second = say(anna), say(anna)
    assert second.json() == first.json()
    assert PhoneMessage.objects.get().deliveries.count() == 1


@pytest.mark.parametrize("target", [Target.CALLER, Target.CUSTOMER])
def test_a_repeated_delivery_does_not_tell_of_a_restriction(anna: House, target: str) -> None:
    caller = PLANTED_NUMBER if target == Target.CALLER else ""
    what = About(target=Target(target), caller=caller)
    restrict(anna.customer, what, reason="x", keeps=False, by=anna.member, at=timezone.now())
    body, headers = {"matter": "Ring", "caller_number": PLANTED_NUMBER}, {"Idempotency-Key": NAME}
    answers = [
        integrator(anna).post(MESSAGES, body, content_type="application/json", headers=headers)
        for _ in range(2)
    ]
    assert [each.status_code for each in answers] == [201, 201]
    assert answers[0].json() == answers[1].json()
    assert PhoneMessage.objects.get().restricted == (target == Target.CALLER)


def test_a_repeated_person_is_added_once(anna: House) -> None:
    headers = {"Idempotency-Key": NAME}
    for _ in range(2):
        answer = integrator(anna).post(
            STAFF, {"name": "Åsa"}, content_type="application/json", headers=headers
        )
        assert answer.status_code == 201
    assert StaffMember.objects.of(anna.customer).count() == 2


@pytest.mark.parametrize("how", ["form", "raw"])
def test_another_audio_or_another_fact_is_422(anna: House, how: str) -> None:
    began = (timezone.now() - timedelta(minutes=5)).isoformat()
    other = (timezone.now() - timedelta(minutes=6)).isoformat()
    deliver(anna, began=began, how=how)
    before = traces()
    problem(deliver(anna, tone(0.6), began=began, how=how), 422, "idempotency_mismatch")
    problem(deliver(anna, began=other, how=how), 422, "idempotency_mismatch")
    problem(say(anna), 422, "idempotency_mismatch")
    assert traces() == before


def test_after_its_object_is_gone_a_repeat_is_410(anna: House) -> None:
    made = say(anna).json()
    delete_message(PhoneMessage.objects.get(id=made["id"]), by=anna.member)
    problem(say(anna), 410, "gone")
    assert not PhoneMessage.objects.exists()


def test_while_the_first_is_at_work_a_repeat_is_409(anna: House) -> None:
    claim(anna.key, anna.customer, NAME, at=timezone.now())
    before = traces()
    response = deliver(anna)
    assert problem(response, 409, "in_flight")["field"] == "Idempotency-Key"
    assert 1 <= int(response["Retry-After"]) <= LEASE.total_seconds()
    assert traces() == before


def test_a_repeat_that_arrives_during_the_upload_is_409(anna: House, monkeypatch: Any) -> None:
    """The second request is sent while the first is between its audio and its row."""
    answers: list[Any] = []

    def meanwhile(*args: Any, **kwargs: Any) -> Any:
        if not answers:
            answers.append(deliver(anna))
        return begin_upload(*args, **kwargs)

    monkeypatch.setattr("recordings.uploads.begin_upload", meanwhile)
    first = deliver(anna)
    assert first.status_code == 201
    problem(answers[0], 409, "in_flight")
    assert Recording.objects.count() == 1


def test_a_failed_request_leaves_its_key_free(anna: House) -> None:
    problem(deliver(anna, b"inget ljud"), 422, "not_audio")
    assert not IdempotentRequest.objects.exists()
    assert deliver(anna).status_code == 201


def test_a_lease_whose_process_died_can_be_taken_over(anna: House) -> None:
    then = timezone.now() - LEASE - timedelta(seconds=1)
    dead = claim(anna.key, anna.customer, NAME, at=then)
    made = say(anna)
    assert made.status_code == 201
    with pytest.raises(LeaseLost):  # were it not dead after all, it could not make a second one
        dead.settle(anna.customer.id)
    dead.release()
    assert say(anna).json() == made.json()


def test_a_request_that_lost_its_lease_makes_nothing(anna: House, monkeypatch: Any) -> None:
    def slow(*args: Any, **kwargs: Any) -> Any:
        later = timezone.now() + LEASE + timedelta(seconds=1)
        claim(anna.key, anna.customer, NAME, at=later)
        return begin_upload(*args, **kwargs)

    monkeypatch.setattr("recordings.uploads.begin_upload", slow)
    before = traces()
    problem(deliver(anna), 409, "in_flight")
    monkeypatch.undo()
    after = traces()
    assert after.pop("leases") == 1  # the other's
    assert after == {name: value for name, value in before.items() if name != "leases"}


def test_a_long_upload_holds_on_to_its_lease(anna: House) -> None:
    began = timezone.now()
    held = claim(anna.key, anna.customer, NAME, at=began)
    for minutes in range(1, 12, 2):
        held.renew(began + timedelta(minutes=minutes))
    with pytest.raises(InFlight):
        claim(anna.key, anna.customer, NAME, at=began + timedelta(minutes=12))
    held.settle(anna.customer.id)


def test_keys_are_the_credentials_own(anna: House, cecilia: House) -> None:
    assert say(anna).json()["id"] != say(cecilia).json()["id"]


def test_a_platform_key_has_its_names_per_customer(anna: House, cecilia: House) -> None:
    pia, made = integrator(platform_key()), set()
    for house in (anna, cecilia, anna):
        headers = {"Smartsvar-Customer": str(house.customer.number), "Idempotency-Key": NAME}
        body = {"matter": "Ring upp"}
        made.add(
            pia.post(MESSAGES, body, content_type="application/json", headers=headers).json()["id"]
        )
    assert len(made) == 2


@pytest.mark.parametrize("name", ["", '""', "a b", "å", '"a', "a" * 256, "a\tb", 'a"b'])
def test_a_name_that_is_none_is_refused(anna: House, name: str) -> None:
    response = say(anna, name=name.encode().decode("latin-1"))
    assert problem(response, 400, "invalid")["field"] == "Idempotency-Key"
    assert not PhoneMessage.objects.exists()


def test_after_a_day_the_name_is_free_again(anna: House) -> None:
    first = say(anna).json()["id"]
    IdempotentRequest.objects.update(created_at=timezone.now() - timedelta(hours=24, seconds=1))
    assert say(anna, "Något annat").json()["id"] != first


def test_beat_forgets_what_is_older_than_a_day(anna: House) -> None:
    now = timezone.now()
    claim(anna.key, anna.customer, "old", at=now - timedelta(hours=24))
    claim(anna.key, anna.customer, "young", at=now - timedelta(hours=23, minutes=59))
    assert forget_idempotency() == 1
    assert forget(now) == 0
    assert IdempotentRequest.objects.count() == 1


def test_what_is_remembered_says_nothing(anna: House) -> None:
    say(anna, "Hemligt ärende")
    row = IdempotentRequest.objects.get()
    stored = bytes(row.name_hash) + bytes(row.fingerprint or b"")
    assert NAME.encode() not in stored
    assert b"Hemligt" not in stored
    assert ApiKey.objects.get(id=row.api_key_id) == anna.key
