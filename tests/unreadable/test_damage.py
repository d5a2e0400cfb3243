"""What is damaged: said, reported, on the trail, and none of it in the answer."""

from typing import Any

import pytest
from django.urls import reverse

from customers.models import StaffMember
from messages.delivery import deliver
from messages.models import Delivery, PhoneMessage
from recordings.models import Recording
from smartsvar.audit.models import AuditEntry
from smartsvar.portal.verbs import VERBS
from smartsvar.unreadable import VERB
from smartsvar.vault.destruction import shred_keys
from smartsvar.vault.keys import forget_keys
from smartsvar.vault.rows import SealedModel
from smartsvar.vault.storage import blob_store
from tests.cast import PLANTED_MATTER, House, call_of, message_of
from tests.conformance.planted import Planted, everything_of, found_in, plant
from tests.integrator import MESSAGES, RECORDINGS, STAFF, integrator, problem
from tests.unreadable.damage import (
    DAMAGES,
    Damage,
    envelope_flipped,
    key_missing,
    key_under_another_customer,
    overwrite,
)

pytestmark = [pytest.mark.django_db(databases="__all__"), pytest.mark.production_stack]

by_name = pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
LABELS = ("recordings.Recording", "phone_messages.PhoneMessage", "customers.StaffMember")


def rows_of(planted: Planted) -> list[SealedModel]:
    return [planted.recording, planted.message, planted.staff]


def in_api(row: SealedModel) -> str:
    addresses: dict[type, str] = {
        Recording: RECORDINGS, PhoneMessage: MESSAGES, StaffMember: STAFF
    }  # fmt: skip
    address = addresses[type(row)]
    return f"{address}{row.pk}/"


def on_mina_sidor(row: SealedModel, house: House) -> str:
    pages: dict[type, str] = {
        Recording: "portal:call", PhoneMessage: "portal:message",
        StaffMember: "customers:staff_change",
    }  # fmt: skip
    return reverse(pages[type(row)], args=[house.customer.number, row.pk])


def reported(row: SealedModel) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(verb=VERB, object_id=row.pk))


def on_the_trail_once(row: SealedModel, house: House) -> None:
    (entry,) = reported(row)
    assert entry.customer_id == house.customer.id
    assert (entry.actor_kind, entry.actor_id) == ("system", None)
    assert entry.object_model == row._meta.label


def damaged_page(response: Any) -> None:
    assert response.status_code == 500
    text = response.content.decode()
    assert "skadat och kan inte öppnas. Felet är rapporterat till oss." in text
    assert "Kontakta Smartsvars support" in text
    assert "It has been reported to us. Contact Smartsvar’s support" in text


@by_name
@pytest.mark.parametrize("which", range(3), ids=LABELS)
def test_the_api_says_damaged_and_reports_it_once(
    anna: House, alarms: Any, damage: Damage, which: int
) -> None:
    planted, others = plant(anna), plant(anna)
    row = rows_of(planted)[which]
    damage(row, rows_of(others)[which])
    for _ in range(2):
        response = integrator(anna).get(in_api(row))
        body = problem(response, 500, "damaged")
        assert body["detail"] == "This record cannot be opened. It has been reported."
        assert found_in(everything_of(response), planted.audio) == []
    on_the_trail_once(row, anna)
    alarm = alarms()[0]
    assert alarm["level"] == "error"
    assert (alarm["object"], alarm["model"]) == (str(row.pk), row._meta.label)
    assert alarm["error"] in {"Tampered", "KeyLost"}


@by_name
@pytest.mark.parametrize("which", range(3), ids=LABELS)
def test_mina_sidor_says_damaged_and_reports_it(
    anna: House, sign_in: Any, damage: Damage, which: int
) -> None:
    planted, others = plant(anna), plant(anna)
    row = rows_of(planted)[which]
    damage(row, rows_of(others)[which])
    response = sign_in(anna.administrator).get(on_mina_sidor(row, anna))
    damaged_page(response)
    assert found_in(everything_of(response), planted.audio) == []
    on_the_trail_once(row, anna)


@by_name
def test_a_list_shows_the_rest_and_reports_what_is_left_out(
    anna: House, sign_in: Any, damage: Damage
) -> None:
    row, other = message_of(anna, matter="Skadat ärende"), message_of(anna, matter="Annat ärende")
    message_of(anna, matter="Helt ärende")
    damage(row, other)
    page = sign_in(anna.reader).get(reverse("phone_messages:list", args=[anna.customer.number]))
    listed = integrator(anna).get(MESSAGES)
    assert page.status_code == listed.status_code == 200
    assert {each["matter"] for each in listed.json()["results"]} == {"Annat ärende", "Helt ärende"}
    text = page.content.decode()
    assert "Skadat" not in text
    assert "Annat ärende" in text
    assert "Helt ärende" in text
    assert "1 post på sidan är skadad och kan inte visas." in text
    on_the_trail_once(row, anna)


def test_a_key_under_another_customers_key_opens_for_neither(anna: House, cecilia: House) -> None:
    row, theirs = message_of(anna), message_of(cecilia)
    key_under_another_customer(row, theirs)
    problem(integrator(anna).get(in_api(row)), 500, "damaged")
    on_the_trail_once(row, anna)
    assert integrator(cecilia).get(in_api(theirs)).status_code == 200


def test_annas_message_moved_to_cecilia_does_not_open_there(
    anna: House, cecilia: House, sign_in: Any
) -> None:
    row = message_of(anna)
    overwrite(row, customer_id=cecilia.customer.id)
    response = integrator(cecilia).get(in_api(row))
    problem(response, 500, "damaged")
    page = sign_in(cecilia.administrator).get(on_mina_sidor(row, cecilia))
    damaged_page(page)
    for answer in (response, page):
        assert found_in(everything_of(answer)) == []
    on_the_trail_once(row, cecilia)


def test_annas_audio_moved_to_cecilia_does_not_play_there(anna: House, cecilia: House) -> None:
    planted = plant(anna)
    overwrite(planted.recording, customer_id=cecilia.customer.id)
    response = integrator(cecilia).get(f"{in_api(planted.recording)}audio/")
    problem(response, 503, "audio_unavailable")
    assert found_in(everything_of(response), planted.audio) == []
    on_the_trail_once(planted.recording, cecilia)


def test_damaged_audio_is_reported(anna: House, sign_in: Any) -> None:
    call = call_of(anna)
    store = blob_store()
    source = store.open(call.blob_name)
    sealed = bytearray(source.read_at(0, source.size))
    source.close()
    sealed[-1] ^= 1
    store.put_bytes(call.blob_name, bytes(sealed))
    body = problem(integrator(anna).get(f"{in_api(call)}audio/"), 503, "audio_unavailable")
    assert "We have been told" in body["detail"]
    on_the_trail_once(call, anna)
    path = reverse("recordings:audio", args=[anna.customer.number, call.pk])
    response = sign_in(anna.reader).get(path)
    assert (response.status_code, response["Retry-After"]) == (503, "30")
    assert response["Content-Type"] == "text/plain; charset=utf-8"
    assert response.content.decode().startswith("Inspelningen kan inte öppnas just nu.")
    on_the_trail_once(call, anna)


def test_audio_whose_bytes_are_gone_is_reported(anna: House) -> None:
    call = call_of(anna)
    blob_store().delete([call.blob_name])
    problem(integrator(anna).get(f"{in_api(call)}audio/"), 503, "audio_unavailable")
    on_the_trail_once(call, anna)


@pytest.mark.parametrize("gone", ["claimed", "deleted"])
def test_what_is_shredded_in_between_is_not_found_and_no_alarm(
    anna: House, sign_in: Any, monkeypatch: Any, alarms: Any, gone: str
) -> None:
    """The key goes between the moment the row is fetched and the moment it is opened."""
    row, browser = message_of(anna), sign_in(anna.reader)
    unseal = PhoneMessage._unseal

    def too_late(self: PhoneMessage) -> dict[str, Any]:
        shred_keys([self.key_id])
        forget_keys()
        if gone == "claimed":
            overwrite(self, shred_job_id=self.pk)
        else:
            Delivery.objects.all()._raw_delete("default")
            PhoneMessage._base_manager.filter(pk=self.pk)._raw_delete("default")
        return unseal(self)

    monkeypatch.setattr(PhoneMessage, "_unseal", too_late)
    if gone == "claimed":
        problem(integrator(anna).get(in_api(row)), 404, "not_found")
    else:
        assert browser.get(on_mina_sidor(row, anna)).status_code == 404
    assert reported(row) == []
    assert alarms() == []


def test_a_message_without_key_is_not_mailed_and_is_reported(anna: House, alarms: Any) -> None:
    message = message_of(anna)
    delivery = Delivery.objects.get(message=message)
    key_missing(message, message)
    assert deliver(delivery.id) == Delivery.State.FAILED
    delivery.refresh_from_db()
    assert delivery.error == "unreadable"
    assert AuditEntry.objects.filter(verb=VERB, customer_id=anna.customer.id).count() == 1
    assert [alarm["error"] for alarm in alarms()] == ["KeyLost"]


def test_a_damaged_person_does_not_bar_the_way_to_the_message(anna: House, sign_in: Any) -> None:
    message = message_of(anna, staff=anna.staff)
    envelope_flipped(StaffMember.objects.get(id=anna.staff.id), anna.staff)
    page = sign_in(anna.reader).get(on_mina_sidor(message, anna))
    assert page.status_code == 200
    assert PLANTED_MATTER in page.content.decode()
    on_the_trail_once(anna.staff, anna)


def test_support_sees_what_is_damaged_as_damaged(
    anna: House, sven: Any, sign_in: Any, settings: Any
) -> None:
    settings.SUPPORT_NEEDS_SECOND_FACTOR = False
    envelope_flipped(anna.customer, anna.customer)
    address = reverse("admin:customers_customer_change", args=[anna.customer.pk])
    damaged_page(sign_in(sven).get(address))
    on_the_trail_once(anna.customer, anna)


def test_the_trail_tells_of_it_in_words(anna: House, sign_in: Any) -> None:
    row = message_of(anna)
    envelope_flipped(row, row)
    integrator(anna).get(in_api(row))
    page = sign_in(anna.administrator).get(reverse("portal:trail", args=[anna.customer.number]))
    assert VERB in VERBS
    assert "fann något skadat som inte går att öppna" in page.content.decode()
