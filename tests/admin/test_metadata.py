"""What support sees of calls and messages: metadata, and no question about anything else."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import User
from messages.models import Delivery
from smartsvar.clock import database_now
from smartsvar.vault.rows import SealedModel
from tests import cast

pytestmark = pytest.mark.django_db(databases="__all__")

ROWS = ["recordings_recording", "phone_messages_phonemessage", "phone_messages_delivery"]


@pytest.fixture
def desk(sven: User, sign_in: Any, settings: Any) -> Client:
    settings.SUPPORT_NEEDS_SECOND_FACTOR = False
    browser: Client = sign_in(sven)
    return browser


def test_sven_sees_a_recordings_times_length_size_and_format(
    desk: Client, anna: cast.House
) -> None:
    recording = cast.call_of(anna)
    page = desk.get(reverse("admin:recordings_recording_changelist")).content.decode()
    assert str(recording.id) in page
    assert str(anna.customer.number) in page
    assert "0:02" in page
    assert "WAV" in page


def test_sven_sees_a_deliverys_state_and_not_where_it_went(desk: Client, anna: cast.House) -> None:
    message = cast.message_of(anna)
    delivery = Delivery.objects.get(message=message)
    address = reverse("admin:phone_messages_delivery_change", args=[delivery.id])
    page = desk.get(address).content.decode()
    assert str(message.id) in page
    assert delivery.address not in page


@pytest.mark.parametrize("rows", ROWS)
def test_no_envelope_is_opened_for_a_page_of_metadata(
    desk: Client, anna: cast.House, rows: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording, message = cast.call_of(anna), cast.message_of(anna)
    delivery = Delivery.objects.get(message=message)
    ids = dict(zip(ROWS, [recording.id, message.id, delivery.id], strict=True))

    def refuse(row: SealedModel) -> None:
        raise AssertionError(f"{row._meta.label} was opened")

    monkeypatch.setattr(SealedModel, "_unseal", refuse)
    assert desk.get(reverse(f"admin:{rows}_changelist")).status_code == 200
    for page in ("change", "history"):
        assert desk.get(reverse(f"admin:{rows}_{page}", args=[ids[rows]])).status_code == 200


@pytest.mark.parametrize("rows", ROWS)
@pytest.mark.parametrize(
    "question",
    [
        "sealed__contains=a", "key_id__isnull=0", "staff__isnull=1", "caller_index__isnull=0",
        "customer__sealed__contains=a", "message__caller_index__isnull=0", "due_at__isnull=1",
    ],
)  # fmt: skip
def test_no_column_can_be_asked_about_that_the_list_does_not_offer(
    desk: Client, anna: cast.House, rows: str, question: str
) -> None:
    cast.call_of(anna)
    cast.message_of(anna)
    response = desk.get(reverse(f"admin:{rows}_changelist") + f"?{question}")
    # Django answers a lookup that is not allowed with 400, and one it cannot read with ?e=1.
    assert response.status_code == 400 or response.get("Location", "").endswith("?e=1")


@pytest.mark.parametrize(
    "question",
    [
        "received_at__year=9999", "received_at__year=0", "received_at__month=" + "9" * 24,
        "received_at__year=2026&received_at__month=13", "state__regex=(", "state__gt=a",
    ],
)  # fmt: skip
def test_a_question_that_no_link_asks_is_refused_in_words(
    desk: Client, anna: cast.House, question: str
) -> None:
    cast.call_of(anna)
    overview = reverse("admin:recordings_recording_changelist")
    response = desk.get(f"{overview}?{question}")
    assert response.status_code == 400 or response.get("Location", "").endswith("?e=1")
    year = database_now().year
    asked = {"received_at__year": str(year), "received_at__month": "1", "state__exact": "ready"}
    assert desk.get(overview, asked).status_code == 200


def test_the_hash_of_a_key_cannot_be_guessed_column_by_column(
    desk: Client, anna: cast.House
) -> None:
    address = reverse("admin:customers_apikey_changelist")
    assert desk.get(address, {"secret_hash__isnull": "0"}).status_code == 400
    assert desk.get(address, {"customer__sealed__isnull": "0"}).status_code == 400


@pytest.mark.parametrize("term", [cast.PLANTED_NAME, cast.PLANTED_NUMBER, cast.PLANTED_EMAIL, "x"])
@pytest.mark.parametrize("rows", ROWS)
def test_a_search_for_what_is_sealed_finds_nothing(
    desk: Client, anna: cast.House, rows: str, term: str
) -> None:
    cast.call_of(anna)
    cast.message_of(anna)
    found = desk.get(reverse(f"admin:{rows}_changelist"), {"q": term}).context["cl"]
    assert not found.result_list


@pytest.mark.parametrize("rows", ROWS)
def test_a_customers_rows_are_found_by_its_number(
    desk: Client, anna: cast.House, cecilia: cast.House, rows: str
) -> None:
    for house in (anna, cecilia):
        cast.call_of(house)
        cast.message_of(house)
    query = {"q": str(anna.customer.number)}
    found = desk.get(reverse(f"admin:{rows}_changelist"), query).context["cl"].result_list
    assert [row.customer_id for row in found] == [anna.customer.id]


@pytest.mark.parametrize("rows", ROWS)
def test_calls_and_messages_can_be_neither_added_changed_nor_deleted(
    desk: Client, anna: cast.House, rows: str
) -> None:
    recording, message = cast.call_of(anna), cast.message_of(anna)
    delivery = Delivery.objects.get(message=message)
    row = dict(zip(ROWS, [recording, message, delivery], strict=True))[rows]
    assert desk.post(reverse(f"admin:{rows}_add"), {}).status_code == 403
    for page in ("change", "delete"):
        address = reverse(f"admin:{rows}_{page}", args=[row.pk])
        assert desk.post(address, {"post": "yes", "state": "dead"}).status_code == 403
    several = {"action": "delete_selected", "_selected_action": [str(row.pk)], "post": "yes"}
    desk.post(reverse(f"admin:{rows}_changelist"), several)
    assert type(row).objects.filter(pk=row.pk).exists()
