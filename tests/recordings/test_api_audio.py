"""Playing over HTTP: ranges to the byte, and a right that ends in the middle."""

import re
from typing import Any

import pytest
from django.core.signals import request_finished
from django.db import close_old_connections
from django.utils import timezone

from customers.actions.keys import revoke_api_key
from recordings import streaming
from recordings.actions import delete_recording, play_recording
from recordings.models import Recording
from recordings.streaming import PART, ListeningEnded
from smartsvar.audit.models import AuditEntry
from smartsvar.vault.blobs import CHUNK
from smartsvar.vault.destruction import shred_keys
from smartsvar.vault.storage import blob_store
from tests.cast import House, call_of, tone
from tests.integrator import RECORDINGS, integrator, key_with, problem

pytestmark = pytest.mark.django_db(databases="__all__")

LONG = tone(40, rate=16000)  # 1.28 MB
SIZE = len(LONG)
TYPES = {"WAV": "audio/wav", "MP3": "audio/mpeg", "OGG": "audio/ogg", "FLAC": "audio/flac"}


@pytest.fixture
def call(anna: House) -> Recording:
    """A long call to Anna."""
    return call_of(anna, audio=LONG)


def audio_of(recording: Recording) -> str:
    return f"{RECORDINGS}{recording.pk}/audio/"


def body_of(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def test_annas_system_fetches_all_of_it(anna: House, call: Recording) -> None:
    response = integrator(anna).get(audio_of(call))
    assert response.status_code == 200
    assert body_of(response) == LONG
    assert response["Content-Length"] == str(SIZE)
    assert response["Content-Type"] == "audio/wav"
    assert response["Accept-Ranges"] == "bytes"
    assert response["Cache-Control"] == "no-store"
    assert response["X-Content-Type-Options"] == "nosniff"
    name = response["Content-Disposition"]
    assert re.fullmatch(r'inline; filename="call-\d{8}-\d{4}-[0-9a-f]{6}\.wav"', name)


@pytest.mark.parametrize("form", TYPES)
def test_audio_is_served_as_what_it_is(anna: House, form: str) -> None:
    recording = call_of(anna, audio=tone(form=form))
    assert integrator(anna).get(audio_of(recording))["Content-Type"] == TYPES[form]


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("0-1", 0, 1),  # Safari's first question
        ("0-0", 0, 0),
        ("0-", 0, PART - 1),
        (f"0-{PART - 2}", 0, PART - 2),
        (f"0-{PART - 1}", 0, PART - 1),
        (f"0-{PART}", 0, PART - 1),
        (f"{CHUNK - 1}-{CHUNK}", CHUNK - 1, CHUNK),
        (f"{CHUNK}-{2 * CHUNK - 1}", CHUNK, 2 * CHUNK - 1),
        (f"{SIZE - 1}-", SIZE - 1, SIZE - 1),
        (f"{SIZE - 1}-{SIZE - 1}", SIZE - 1, SIZE - 1),
        (f"{SIZE - 1}-{SIZE + 9}", SIZE - 1, SIZE - 1),
        ("-1", SIZE - 1, SIZE - 1),
        ("-1000", SIZE - 1000, SIZE - 1),
        (f"-{SIZE}", 0, PART - 1),
        (f"-{SIZE + 1}", 0, PART - 1),
        ("-99999999999999999999999", 0, PART - 1),
        (f"{SIZE * 9 // 10}-", SIZE * 9 // 10, SIZE - 1),
        ("1-99999999999999999999999", 1, PART),
    ],
)
def test_one_range_gives_exactly_it(
    anna: House, call: Recording, asked: str, first: int, last: int
) -> None:
    response = integrator(anna).get(audio_of(call), headers={"Range": f"bytes={asked}"})
    assert response.status_code == 206
    assert response["Content-Range"] == f"bytes {first}-{last}/{SIZE}"
    assert body_of(response) == LONG[first : last + 1]
    assert response["Content-Length"] == str(last - first + 1)
    assert len(body_of(response)) <= PART
    assert response["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "asked", [f"{SIZE}-", f"{SIZE}-{SIZE}", f"{SIZE + 5}-", "-0", "9" * 30 + "-"]
)
def test_a_range_beyond_the_end_is_416(anna: House, call: Recording, asked: str) -> None:
    response = integrator(anna).get(audio_of(call), headers={"Range": f"bytes={asked}"})
    assert response.status_code == 416
    assert response["Content-Range"] == f"bytes */{SIZE}"
    assert response.content == b""


@pytest.mark.parametrize(
    "asked",
    ["bytes=0-1,4-5", "bytes=5-2", "bytes=-", "bytes=a-b", "bytes", "seconds=0-1", "bytes=0-1;", "",
     "bytes=²-", "bytes=" + "9" * 31 + "-", "bytes=0x1-"],
)  # fmt: skip
def test_other_ranges_are_ignored(anna: House, call: Recording, asked: str) -> None:
    headers = {"Range": asked.encode().decode("latin-1")}
    response = integrator(anna).get(audio_of(call), headers=headers)
    assert response.status_code == 200
    assert body_of(response) == LONG


def test_if_range_decides_whether_the_range_counts(anna: House, call: Recording) -> None:
    client = integrator(anna)
    tag = client.head(audio_of(call))["ETag"]
    same = client.get(audio_of(call), headers={"Range": "bytes=0-9", "If-Range": tag})
    assert (same.status_code, same.content) == (206, LONG[:10])
    for other in ('"another"', f"W/{tag}", "Wed, 21 Oct 2026 07:28:00 GMT"):
        whole = client.get(audio_of(call), headers={"Range": "bytes=0-9", "If-Range": other})
        assert whole.status_code == 200
        assert body_of(whole) == LONG


def test_head_says_the_same_and_is_no_listening(anna: House, call: Recording) -> None:
    response = integrator(anna).head(audio_of(call), headers={"Range": "bytes=0-1"})
    assert response.status_code == 200
    assert response["Content-Length"] == str(SIZE)
    assert response["Content-Type"] == "audio/wav"
    assert response.content == b""
    assert not AuditEntry.objects.filter(verb="recording.played").exists()


def test_many_ranges_are_one_listening(anna: House, call: Recording) -> None:
    client = integrator(anna)
    for start in (0, 1000, 5000):
        client.get(audio_of(call), headers={"Range": f"bytes={start}-"})
    played = AuditEntry.objects.get(verb="recording.played", object_id=call.pk)
    assert (played.actor_kind, played.actor_id) == ("key", anna.key.pk)


@pytest.mark.parametrize("headers", [{}, {"Range": "bytes=0-1"}, {"Range": "bytes=99999999-"}])
@pytest.mark.parametrize("method", ["get", "head"])
def test_cecilias_key_cannot_play_annas_recording(
    cecilia: House, call: Recording, method: str, headers: dict[str, str]
) -> None:
    response = getattr(integrator(cecilia), method)(audio_of(call), headers=headers)
    assert response.status_code == 404
    assert "Content-Range" not in response


@pytest.mark.parametrize("method", ["get", "head"])
def test_a_key_without_the_audio_scope_cannot_play(
    anna: House, call: Recording, method: str
) -> None:
    client = integrator(key_with(anna.customer, "recordings:read", "recordings:write"))
    assert getattr(client, method)(audio_of(call)).status_code == 403


def test_a_deleted_recording_cannot_be_played(anna: House, call: Recording) -> None:
    delete_recording(call, by=anna.member)
    problem(integrator(anna).get(audio_of(call)), 404, "not_found")


def test_a_revoked_key_ends_a_long_answer(anna: House, call: Recording, monkeypatch: Any) -> None:
    monkeypatch.setattr(streaming, "RECHECK", 512 * 1024)
    response: Any = integrator(anna).get(audio_of(call))
    parts = iter(response.streaming_content)
    next(parts)
    revoke_api_key(anna.key, by=anna.administrator, at=timezone.now())
    with pytest.raises(ListeningEnded):
        list(parts)


def test_a_deletion_ends_a_long_answer(anna: House, call: Recording, monkeypatch: Any) -> None:
    monkeypatch.setattr(streaming, "RECHECK", 512 * 1024)
    response: Any = integrator(anna).get(audio_of(call))
    parts = iter(response.streaming_content)
    next(parts)
    delete_recording(call, by=anna.member)
    with pytest.raises(ListeningEnded):
        list(parts)


def test_a_slow_client_is_asked_about_by_time(
    anna: House, call: Recording, monkeypatch: Any
) -> None:
    monkeypatch.setattr(streaming, "PATIENCE", -1.0)
    response: Any = integrator(anna).get(audio_of(call))
    parts = iter(response.streaming_content)
    next(parts)
    revoke_api_key(anna.key, by=anna.administrator, at=timezone.now())
    with pytest.raises(ListeningEnded):
        next(parts)


@pytest.mark.parametrize("headers", [{}, {"Range": "bytes=0-1"}])
@pytest.mark.parametrize("loss", ["blob", "key"])
def test_audio_that_cannot_be_opened_is_503(
    anna: House, call: Recording, loss: str, headers: dict[str, str]
) -> None:
    if loss == "blob":
        blob_store().delete([call.blob_name])
    else:
        shred_keys([call.key_id])
    problem(integrator(anna).get(audio_of(call), headers=headers), 503, "audio_unavailable")


@pytest.mark.parametrize("headers", [{}, {"Range": "bytes=0-1"}])
def test_another_calls_audio_in_its_place_is_503(
    anna: House, call: Recording, headers: dict[str, str], monkeypatch: Any
) -> None:
    other = call_of(anna, audio=tone(41, rate=16000))
    monkeypatch.setattr(Recording, "blob_name", property(lambda self: other_name))
    other_name = f"recordings/{other.pk.hex[-2:]}/{other.pk}"
    problem(integrator(anna).get(audio_of(call), headers=headers), 503, "audio_unavailable")


def test_the_server_closes_the_reader_of_a_cut_answer(
    anna: House, call: Recording, monkeypatch: Any, rf: Any
) -> None:
    readers = []
    real = play_recording

    def watched(*args: Any, **kwargs: Any) -> Any:
        readers.append(real(*args, **kwargs))
        return readers[-1]

    def answer(**headers: str) -> Any:
        request = rf.get("/", headers=headers)
        return streaming.audio_response(request, call, by=anna.key, at=timezone.now())

    monkeypatch.setattr("recordings.streaming.play_recording", watched)
    cut, never_begun, part = answer(), answer(), answer(Range="bytes=0-1")
    next(iter(cut.streaming_content))
    assert [reader.closed for reader in readers] == [False, False, True]
    request_finished.disconnect(close_old_connections)  # the test's own transaction lives on
    for response in (cut, never_begun, part):
        response.close()
    request_finished.connect(close_old_connections)
    assert [reader.closed for reader in readers] == [True, True, True]
