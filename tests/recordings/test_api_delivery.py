"""Delivering a recording: every form, every refusal, and nothing left behind by a failing one."""

import errno
import hashlib
import io
import resource
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from recordings import actions
from recordings.models import Recording, State
from smartsvar.vault.storage import blob_store
from smartsvar.vault.stores.spool import SealingSpool
from tests.cast import House, tone
from tests.integrator import RECORDINGS, integrator, key_with, platform_key, problem, traces

pytestmark = pytest.mark.django_db(databases="__all__")

KINDS = {
    "wav": ("WAV", "PCM_16"),
    "alaw": ("WAV", "ALAW"),
    "ulaw": ("WAV", "ULAW"),
    "mp3": ("MP3", None),
    "opus": ("OGG", "OPUS"),
    "vorbis": ("OGG", "VORBIS"),
    "flac": ("FLAC", None),
}
ENDINGS = {"alaw": "wav", "ulaw": "wav", "opus": "ogg", "vorbis": "ogg"}


def began(**ago: int) -> str:
    return (timezone.now() - timedelta(**(ago or {"minutes": 5}))).isoformat()


def form(audio: bytes | None = None, *, name: str = "a.wav", **facts: Any) -> dict[str, Any]:
    """Return the fields of a multipart delivery."""
    content = tone() if audio is None else audio
    return {"started_at": began(), "audio": SimpleUploadedFile(name, content)} | facts


def send(client: Any, audio: bytes, how: str) -> Any:
    """Deliver audio with Zacharias' facts, by one of the three ways."""
    if how == "form":
        facts = {"caller_name": "Zacharias Ödlund", "caller_number": "070-174 06 15"}
        return client.post(RECORDINGS, form(audio, **facts))
    if how == "headers":
        headers = {
            "Smartsvar-Started-At": began(),
            "Smartsvar-Caller-Name": "Zacharias Ödlund".encode().decode("latin-1"),
            "Smartsvar-Caller-Number": "+46701740615",
        }
        return client.generic("POST", RECORDINGS, audio, headers=headers, CONTENT_TYPE="audio/wav")
    query = {
        "started_at": began(),
        "caller_name": "Zacharias Ödlund",
        "caller_number": "070-1740615",
    }
    kind = "application/octet-stream"
    return client.generic("POST", RECORDINGS, audio, query_params=query, CONTENT_TYPE=kind)


@pytest.mark.parametrize("how", ["form", "headers", "query"])
@pytest.mark.parametrize("kind", KINDS)
def test_annas_switchboard_delivers(anna: House, kind: str, how: str) -> None:
    file_format, subtype = KINDS[kind]
    audio = tone(2.0, rate=16000 if kind == "opus" else 8000, form=file_format, kind=subtype)
    response = send(integrator(anna), audio, how)
    assert response.status_code == 201, response.content
    body = response.json()
    assert response["Location"] == f"{RECORDINGS}{body['id']}/"
    assert body["format"] == ENDINGS.get(kind, kind)
    assert abs(body["duration_ms"] - 2000) < 150
    assert body["size"] == len(audio)
    assert body["sha256"] == hashlib.sha256(audio).hexdigest()
    assert body["caller_name"] == "Zacharias Ödlund"
    assert body["caller_number"] == "+46701740615"
    recording = Recording.objects.of(anna.customer).get(id=body["id"])
    played = actions.play_recording(recording, by=anna.member, at=timezone.now())
    assert played.read_range(0, len(audio)) == audio
    assert not traces()["spools"]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("withheld", "withheld"),
        ("anonymous", "withheld"),
        ("", "withheld"),
        ("+4532100500", "+4532100500"),
        ("SIP:Zacharias@pbx.example", "sip:zacharias@pbx.example"),
        ("sip:anonymous@anonymous.invalid", "withheld"),  # RFC 3323
        ("sip:4711@nobody.invalid:5060", "withheld"),
        ("sip:Unavailable@carrier.example", "withheld"),
        ("sip:+46701740666@gateway.example", "+46701740666"),
        ("sips:+46-70-174.06.66;phone-context=x@gateway.example:5061", "+46701740666"),
        ("sip:0701740666@other.example", "+46701740666"),
        ("sip:0046701740666@other.example", "+46701740666"),
        ("sip:1001@pbx.example", "sip:1001@pbx.example"),  # an extension
        ("sip:0001@pbx.example", "sip:0001@pbx.example"),
        ("sip:+1@pbx.example", "sip:+1@pbx.example"),
    ],
)
def test_callers_may_be_withheld_foreign_or_sip(anna: House, sent: str, kept: str) -> None:
    response = integrator(anna).post(RECORDINGS, form(caller_number=sent))
    assert response.json()["caller_number"] == kept


def test_the_call_is_for_stina_and_shares_its_id(anna: House) -> None:
    fields = form(staff=str(anna.staff.id), call_id="pbx-1", called_number="08-465 004 11")
    body = integrator(anna).post(RECORDINGS, fields).json()
    assert (body["staff"], body["call_id"]) == (str(anna.staff.id), "pbx-1")
    assert body["called_number"] == "+46846500411"


def test_pias_platform_key_delivers_for_the_customer_it_names(anna: House, cecilia: House) -> None:
    pia = integrator(platform_key())
    headers = {"Smartsvar-Customer": str(cecilia.customer.number)}
    response = pia.post(RECORDINGS, form(), headers=headers)
    assert response.status_code == 201
    assert Recording.objects.of(cecilia.customer).filter(id=response.json()["id"]).exists()
    assert not Recording.objects.of(anna.customer).exists()


TEXT = b"Hej hej, detta ar ingen ljudfil." * 40
REFUSED: dict[str, tuple[dict[str, Any], int, str, str]] = {
    "text": ({"audio": SimpleUploadedFile("a.wav", TEXT)}, 422, "not_audio", "audio"),
    "nothing": ({"audio": SimpleUploadedFile("a.wav", b"")}, 422, "empty", "audio"),
    "head": ({"audio": SimpleUploadedFile("a.wav", tone()[:44])}, 422, "truncated", "audio"),
    "half": ({"audio": SimpleUploadedFile("a.wav", tone()[:9000])}, 422, "truncated", "audio"),
    "wrong sum": ({"sha256": "0" * 64}, 422, "checksum_mismatch", "sha256"),
    "no sum": ({"sha256": "abc"}, 400, "invalid", "sha256"),
    "ends first": ({"ended_at": "2020-01-01T00:00:00Z"}, 422, "ends_before_start", "ended_at"),
    "tomorrow": ({"started_at": began(days=-1)}, 422, "in_the_future", "started_at"),
    "last year": ({"started_at": began(days=400)}, 422, "already_due", "started_at"),
    "no time": ({"started_at": ""}, 400, "invalid", "started_at"),
    "no offset": ({"started_at": "2026-11-22T10:00:00"}, 400, "invalid", "started_at"),
    "year one": ({"started_at": "0001-01-01T00:00:00+14:00"}, 400, "invalid", "started_at"),
    "year 9999": ({"started_at": "9999-12-31T23:59:59-14:00"}, 400, "invalid", "started_at"),
    "no number": ({"caller_number": "ring mig"}, 400, "invalid", "caller_number"),
    "control": ({"caller_name": "Zach\x07arias"}, 400, "invalid", "caller_name"),
    "null": ({"caller_name": "Zach\x00arias"}, 400, "invalid", "caller_name"),
    "bidi": ({"caller_name": "Zach\u202earias"}, 400, "invalid", "caller_name"),
    "long": ({"caller_name": "Z" * 201}, 400, "invalid", "caller_name"),
    "no such staff": ({"staff": "019a0f6e-5d53-7c1e-9f0a-3f1d2b6c7a10"}, 400, "invalid", "staff"),
    "staff is no id": ({"staff": "Stina"}, 400, "invalid", "staff"),
}  # fmt: skip


@pytest.mark.parametrize("what", REFUSED)
def test_a_refused_form_leaves_nothing(anna: House, what: str) -> None:
    fields, status, code, field = REFUSED[what]
    if "audio" in fields:
        fields["audio"].seek(0)
    before = traces()
    response = integrator(anna).post(RECORDINGS, form() | fields)
    body = problem(response, status, code)
    assert field in {body.get("field"), *(error["field"] for error in body.get("errors", []))}
    assert traces() == before


@pytest.mark.parametrize("how", ["form", "headers", "query"])
@pytest.mark.parametrize(
    ("audio", "code"),
    [(b"x" * 5000, "not_audio"), (b"", "empty"), (tone()[:9000], "truncated")],
    ids=["text", "nothing", "half"],
)
def test_refused_audio_leaves_nothing_by_any_way(
    anna: House, how: str, audio: bytes, code: str
) -> None:
    before = traces()
    problem(send(integrator(anna), audio, how), 422, code)
    assert traces() == before


def test_audio_longer_than_its_call_is_refused(anna: House) -> None:
    fields = form(
        tone(90, rate=2000), ended_at=(timezone.now() - timedelta(seconds=299)).isoformat()
    )
    before = traces()
    problem(integrator(anna).post(RECORDINGS, fields), 422, "longer_than_call")
    assert traces() == before


def test_audio_that_decodes_for_too_long_is_refused(anna: House, settings: Any) -> None:
    settings.RECORDING_MAX_SECONDS = 5
    before = traces()
    problem(integrator(anna).post(RECORDINGS, form(tone(6, form="FLAC"))), 422, "too_long")
    assert traces() == before


@pytest.mark.parametrize("how", ["form", "headers"])
def test_too_many_bytes_are_refused_as_they_come(anna: House, settings: Any, how: str) -> None:
    settings.RECORDING_MAX_BYTES = 20_000
    before = traces()
    problem(send(integrator(anna), tone(), how), 413, "too_large")
    assert traces() == before


def test_a_length_that_is_too_large_is_refused_before_a_byte_is_read(
    anna: House, settings: Any
) -> None:
    settings.RECORDING_MAX_BYTES = 1000
    response = integrator(anna).post(RECORDINGS, tone(), content_type="audio/wav")
    problem(response, 413, "too_large")


def test_a_form_without_audio_and_other_files_are_refused(anna: House) -> None:
    before = traces()
    client = integrator(anna)
    problem(client.post(RECORDINGS, {"started_at": began()}), 400, "required")
    problem(
        client.post(RECORDINGS, form(cv=SimpleUploadedFile("cv.pdf", b"%PDF"))),
        400,
        "unexpected_file",
    )
    two = [SimpleUploadedFile("a.wav", tone()), SimpleUploadedFile("b.wav", tone())]
    problem(client.post(RECORDINGS, form() | {"audio": two}), 400, "unexpected_file")
    assert traces() == before


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "image/png", ""])
def test_other_content_types_are_refused(anna: House, kind: str) -> None:
    before = traces()
    response = integrator(anna).post(RECORDINGS, b"{}", content_type=kind)
    problem(response, 415, "unsupported_media_type")
    assert traces() == before


def test_compressed_and_chunked_bodies_are_refused(anna: House) -> None:
    client = integrator(anna)
    zipped = client.post(
        RECORDINGS, tone(), content_type="audio/wav", headers={"Content-Encoding": "gzip"}
    )
    problem(zipped, 415, "unsupported_media_type")
    headers = {"Transfer-Encoding": "chunked"}
    chunked = client.post(RECORDINGS, tone(), content_type="audio/wav", headers=headers)
    problem(chunked, 411, "length_required")


class _HangsUp(io.BytesIO):
    """A connection that breaks with an error once its bytes are read."""

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size)
        if not data:
            raise ConnectionResetError(errno.ECONNRESET, "gone")
        return data


@pytest.mark.parametrize("breaks", [io.BytesIO, _HangsUp], ids=["end", "reset"])
@pytest.mark.parametrize("how", ["raw", "form"])
def test_a_client_that_hangs_up_leaves_nothing(anna: House, how: str, breaks: Any) -> None:
    audio = tone(10)
    body, kind = audio, "audio/wav"
    if how == "form":
        kind = "multipart/form-data; boundary=snitt"
        head = '--snitt\r\nContent-Disposition: form-data; name="audio"; filename="a.wav"\r\n\r\n'
        body = head.encode() + audio + b"\r\n--snitt--\r\n"
    before = traces()
    client: Any = integrator(anna)
    response = client.generic(
        "POST",
        RECORDINGS,
        CONTENT_TYPE=kind,
        CONTENT_LENGTH=str(len(body)),
        headers={"Smartsvar-Started-At": began()},
        **{"wsgi.input": breaks(body[: len(body) // 2])},
    )
    problem(response, 400, "truncated")
    assert traces() == before


def test_a_form_cut_after_its_audio_is_refused(anna: House) -> None:
    """Django's own parser takes a body without its last boundary for whole."""
    head = '--snitt\r\nContent-Disposition: form-data; name="audio"; filename="a.wav"\r\n\r\n'
    facts = f'--snitt\r\nContent-Disposition: form-data; name="started_at"\r\n\r\n{began()}\r\n'
    body = facts.encode() + head.encode() + tone()
    before = traces()
    client: Any = integrator(anna)
    response = client.generic(
        "POST",
        RECORDINGS,
        CONTENT_TYPE="multipart/form-data; boundary=snitt",
        CONTENT_LENGTH=str(len(body) + 13),
        **{"wsgi.input": io.BytesIO(body)},
    )
    problem(response, 400, "truncated")
    assert traces() == before


@pytest.mark.parametrize("how", ["form", "headers"])
def test_a_real_full_file_is_507_and_leaves_nothing(anna: House, how: str) -> None:
    """The system itself refuses to let the spool grow past 6 MiB, in the middle of a buffer."""
    audio = tone(420)
    before = traces()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (6 * 1024 * 1024 + 100, hard))
    try:
        response = send(integrator(anna), audio, how)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    problem(response, 507, "storage_full")
    assert traces() == before


def _full(*args: Any, **kwargs: Any) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("moment", ["write", "finish", "folder", "put"])
def test_a_full_disk_is_507_at_any_moment(anna: House, monkeypatch: Any, moment: str) -> None:
    before = traces()
    if moment == "put":
        kind = type(blob_store())
        monkeypatch.setattr(kind, "put", _full)
    else:
        monkeypatch.setattr(SealingSpool, moment, _full)
    response = integrator(anna).post(RECORDINGS, form())
    problem(response, 507, "storage_full")
    monkeypatch.undo()
    assert traces() == before


def test_storage_that_cannot_be_reached_is_503(anna: House, monkeypatch: Any) -> None:
    def away(*args: Any) -> None:
        raise OSError("The bucket cannot be reached.")

    before = traces()
    monkeypatch.setattr(type(blob_store()), "put", away)
    problem(integrator(anna).post(RECORDINGS, form()), 503, "storage_unavailable")
    assert traces() == before


def test_an_unforeseen_failure_leaves_nothing(anna: House, monkeypatch: Any) -> None:
    def broken(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError("something nobody thought of")

    before = traces()
    monkeypatch.setattr("recordings.receiving.record", broken)
    body = problem(integrator(anna).post(RECORDINGS, form()), 500, "internal_error")
    assert "nobody" not in str(body)
    assert traces() == before


def test_nothing_is_made_for_a_key_without_the_scope(anna: House) -> None:
    reader = integrator(key_with(anna.customer, "recordings:read", "recordings:audio"))
    before = traces()
    problem(reader.post(RECORDINGS, form()), 403, "scope_missing")
    assert traces() == before


def test_a_received_call_is_live_only_with_its_bytes(anna: House) -> None:
    body = integrator(anna).post(RECORDINGS, form()).json()
    recording = Recording.objects.get(id=body["id"])
    assert recording.state == State.LIVE
    assert any(recording.pk.hex[-12:] in name for name in traces()["objects"])
