"""Calls on Mina Sidor: listed, filtered, paged, played, deleted."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse

from recordings.models import Recording
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import STOCKHOLM, database_now
from smartsvar.vault.destruction import shred_keys
from tests import cast

pytestmark = pytest.mark.django_db(databases="__all__")
SHORT = cast.tone(0.2)


@pytest.fixture
def path(anna: cast.House) -> str:
    return reverse("recordings:list", args=[anna.customer.number])


def names(browser: Any, path: str, **asked: str) -> list[str]:
    return [call.caller_name for call in browser.get(path, asked).context["page"].rows]


def test_the_newest_call_stands_first(anna: cast.House, path: str, sign_in: Any) -> None:
    now = database_now()
    for hours in (3, 1, 2):
        cast.call_of(
            anna, audio=SHORT, started_at=now - timedelta(hours=hours), caller_name=f"för {hours} h"
        )
    assert names(sign_in(anna.reader), path) == ["för 1 h", "för 2 h", "för 3 h"]


def test_pages_follow_each_other_without_gap_or_repetition(
    anna: cast.House, path: str, sign_in: Any
) -> None:
    """Many calls began in the same second, as they do."""
    began = database_now().replace(microsecond=0) - timedelta(hours=1)
    for number in range(60):
        cast.call_of(
            anna,
            audio=SHORT,
            started_at=began - timedelta(seconds=number // 7),
            caller_name=str(number),
        )
    browser = sign_in(anna.reader)
    first = browser.get(path).context["page"]
    second = browser.get(path, {"older": first.older}).context["page"]
    third = browser.get(path, {"older": second.older}).context["page"]
    seen = [call.id for page in (first, second, third) for call in page.rows]
    assert seen == list(
        Recording.objects.of(anna.customer).newest_first().values_list("id", flat=True)
    )
    assert (first.newer, third.older) == ("", "")
    assert [
        call.id for call in browser.get(path, {"newer": third.newer}).context["page"].rows
    ] == seen[25:50]
    back = browser.get(path, {"newer": second.newer}).context["page"]
    assert ([call.id for call in back.rows], back.newer) == (seen[:25], "")


def test_a_page_keeps_its_filter(anna: cast.House, path: str, sign_in: Any) -> None:
    for _ in range(26):
        cast.call_of(anna, audio=SHORT)
    page = sign_in(anna.reader).get(path, {"caller": "070-174 06 66"}).content.decode()
    assert "?caller=070-174+06+66&amp;older=" in page


def test_a_caller_is_found_however_the_number_is_written(
    anna: cast.House, path: str, sign_in: Any
) -> None:
    cast.call_of(anna, audio=SHORT, caller_name="rätt")
    cast.call_of(anna, audio=SHORT, caller_name="fel", caller_number="+46701740667")
    browser = sign_in(anna.reader)
    for number in ("070-174 06 66", "+46701740666", "0046701740666", "0701740666"):
        assert names(browser, path, caller=number) == ["rätt"]
    assert (
        "Skriv ett helt telefonnummer" in browser.get(path, {"caller": "hemligt"}).content.decode()
    )


def test_a_day_begins_and_ends_at_midnight_in_stockholm(
    anna: cast.House, path: str, sign_in: Any
) -> None:
    midnight = datetime(2026, 11, 10, 23, 0, tzinfo=UTC)  # 11 November, 00:00 in Stockholm
    for name, began in (
        ("före", midnight - timedelta(seconds=1)),
        ("på", midnight),
        ("sist", midnight + timedelta(hours=23, minutes=59)),
        ("efter", midnight + timedelta(days=1)),
    ):
        cast.call_of(
            anna, audio=SHORT, at=midnight + timedelta(days=2), started_at=began, caller_name=name
        )
    rows = Recording.objects.filter(customer=anna.customer)
    rows.update(due_at=database_now() + timedelta(days=1))
    found = names(sign_in(anna.reader), path, since="2026-11-11", until="2026-11-11")
    assert found == ["sist", "på"]


def test_calls_for_one_person(anna: cast.House, path: str, sign_in: Any) -> None:
    cast.call_of(anna, audio=SHORT, staff=anna.staff, caller_name="till Stina")
    cast.call_of(anna, audio=SHORT, caller_name="till ingen")
    assert names(sign_in(anna.reader), path, staff=str(anna.staff.id)) == ["till Stina"]


def test_cecilias_staff_is_no_choice_of_annas(
    anna: cast.House, cecilia: cast.House, path: str, sign_in: Any
) -> None:
    cast.call_of(anna, audio=SHORT)
    answer = sign_in(anna.reader).get(path, {"staff": str(cecilia.staff.id)})
    assert answer.context["page"].rows == []
    assert cecilia.staff.name not in answer.content.decode()


def test_an_empty_list_teaches_and_an_empty_answer_says_so(
    anna: cast.House, path: str, sign_in: Any
) -> None:
    browser = sign_in(anna.administrator)
    assert "När ett samtal har besvarats" in browser.get(path).content.decode()
    assert "Inget samtal passar" in browser.get(path, {"since": "2026-01-01"}).content.decode()


def test_a_call_past_its_second_is_on_no_page(anna: cast.House, path: str, sign_in: Any) -> None:
    call = cast.call_of(anna, audio=SHORT)
    Recording.objects.filter(id=call.id).update(due_at=database_now())
    browser = sign_in(anna.administrator)
    assert names(browser, path) == []
    for page in ("portal:call", "recordings:audio", "recordings:delete"):
        assert browser.get(reverse(page, args=[anna.customer.number, call.id])).status_code == 404


def test_one_call_with_a_lost_key_does_not_hide_the_others(
    anna: cast.House, path: str, sign_in: Any
) -> None:
    cast.call_of(anna, audio=SHORT, caller_name="hel")
    lost = cast.call_of(anna, audio=SHORT, caller_name="förlorad")
    shred_keys([lost.key_id])
    assert names(sign_in(anna.reader), path) == ["hel"]


def test_rut_plays_a_range_and_it_is_on_record(anna: cast.House, sign_in: Any) -> None:
    audio = cast.tone(30)
    call = cast.call_of(anna, audio=audio)
    address = reverse("recordings:audio", args=[anna.customer.number, call.id])
    answer = sign_in(anna.reader).get(address, headers={"Range": "bytes=100-"})
    assert answer.status_code == 206
    assert answer.content == audio[100 : 100 + 256 * 1024]
    assert AuditEntry.objects.filter(
        object_id=call.id, verb="recording.played", actor_id=anna.reader.id
    ).exists()


def test_audio_that_cannot_be_opened_is_503(anna: cast.House, sign_in: Any) -> None:
    call = cast.call_of(anna, audio=SHORT)
    shred_keys([call.key_id])
    address = reverse("recordings:audio", args=[anna.customer.number, call.id])
    assert sign_in(anna.reader).get(address).status_code == 503


def test_bertil_deletes_a_recording_after_being_asked(
    anna: cast.House, path: str, sign_in: Any
) -> None:
    call = cast.call_of(anna, audio=SHORT)
    browser, address = (
        sign_in(anna.member),
        reverse("recordings:delete", args=[anna.customer.number, call.id]),
    )
    assert cast.PLANTED_NAME in browser.get(address).content.decode()
    assert Recording.objects.filter(id=call.id).exists()
    page = browser.post(address, follow=True).content.decode()
    assert "Inspelningen är borttagen för gott." in page
    assert not Recording.objects.filter(id=call.id).exists()
    assert AuditEntry.objects.filter(
        object_id=call.id, verb="recording.deleted", actor_id=anna.member.id
    ).exists()


def test_a_download_is_a_file_to_keep_and_said_so_in_the_trail(
    anna: cast.House, cecilia: cast.House, sign_in: Any
) -> None:
    call = cast.call_of(anna)
    path = reverse("recordings:download", args=[anna.customer.number, call.id])
    answer = sign_in(anna.reader).get(path)
    began = call.started_at.astimezone(STOCKHOLM)
    named = f'attachment; filename="samtal-{began:%Y%m%d-%H%M}-'
    assert answer["Content-Disposition"].startswith(named), "by the hour that the page says"
    assert b"".join(answer.streaming_content) == cast.tone()
    verbs = AuditEntry.objects.filter(object_id=call.id, actor_id=anna.reader.id)
    assert [entry.verb for entry in verbs] == ["recording.downloaded"]
    page = reverse("portal:call", args=[anna.customer.number, call.id])
    assert "laddade ner en inspelning" in sign_in(anna.reader).get(page).content.decode()
    assert sign_in(cecilia.administrator).get(path).status_code == 404
