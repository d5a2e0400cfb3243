"""Audio over HTTP, the same for Mina Sidor and the API: ranges, and nothing that outlives a right.

A browser that gets a whole small file in one answer never asks again, and a right that ends would
mean nothing: so a 206 is at most 256 KiB, and a full answer asks again while it streams.
"""

import errno
import re
from collections.abc import Iterator
from datetime import datetime
from time import monotonic
from typing import TypeVar

import structlog
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import pgettext

from recordings.actions import PLAYED, may_listen, play_recording, still_playable
from recordings.models import AudioFormat, Recording
from smartsvar.audit.actors import Acting
from smartsvar.clock import STOCKHOLM
from smartsvar.unreadable import LATER, noticed
from smartsvar.vault.blobs import BlobReader
from smartsvar.vault.errors import Tampered, Unreadable

log = structlog.get_logger(__name__)
R = TypeVar("R", bound=HttpResponseBase)

PART = 256 * 1024  # the most that one 206 carries, in bytes
STEP = 256 * 1024  # what a full answer reads at a time
RECHECK = 2 * 1024 * 1024  # a full answer asks again after so many bytes …
PATIENCE = 15.0  # … or so many seconds, for a client that reads slowly
CONTENT_TYPES = {
    AudioFormat.WAV: "audio/wav",
    AudioFormat.MP3: "audio/mpeg",
    AudioFormat.OGG: "audio/ogg",
    AudioFormat.FLAC: "audio/flac",
}
_RANGE = re.compile(r"\s*bytes\s*=\s*([0-9]{0,30})\s*-\s*([0-9]{0,30})\s*", re.IGNORECASE)


class AudioUnavailable(Exception):
    """The recording is there and its audio cannot be opened now: 503, and it has been logged."""


class ListeningEnded(ConnectionResetError):
    """The right to listen ended, or the audio failed, in the middle of an answer.

    Headers have gone out, so the connection is cut: a client sees that the body is incomplete.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(errno.ECONNRESET, reason)


class Unsatisfiable(Exception):
    """The range begins beyond the end."""


def audio_response(
    request: HttpRequest, recording: Recording, *, by: Acting, at: datetime, verb: str = PLAYED
) -> HttpResponseBase:
    """Answer GET or HEAD for a recording's audio (RFC 9110 §14). `verb`: as in play_recording().

    One range gives 206 with at most 256 KiB; several ranges, another unit or a broken header give
    all of it. Raises Http404 for whoever may not listen, and AudioUnavailable.
    """
    if request.method == "HEAD":
        return _head(recording, by)
    try:
        span = _asked_range(request, recording)
    except Unsatisfiable:
        return _unsatisfiable(recording, by)
    reader = _open(recording, by, at, verb)
    if span is None:
        return _dressed(
            StreamingHttpResponse(_Stream(reader, recording, by)), recording, reader.size
        )
    with reader:
        body = _read(reader, recording, *span)
    response = _dressed(HttpResponse(body, status=206), recording, len(body))
    response["Content-Range"] = f"bytes {span[0]}-{span[0] + len(body) - 1}/{reader.size}"
    return response


def _asked_range(request: HttpRequest, recording: Recording) -> tuple[int, int] | None:
    """Return (offset, size) of the one range asked for; None for all. Raises Unsatisfiable."""
    if request.headers.get("If-Range", _etag(recording)) != _etag(recording):
        return None
    match = _RANGE.fullmatch(request.headers.get("Range", ""))
    if match is None or match.group(1) == match.group(2) == "":
        return None
    first, last = match.groups()
    total = recording.size
    if not first:  # the last so many bytes
        start, end = max(0, total - int(last)), total - 1
    else:
        start, end = int(first), min(int(last or total), total - 1)
        if last and int(last) < start:
            return None  # RFC 9110 §14.1.1: invalid, so ignored
    if start >= total:
        raise Unsatisfiable
    return start, min(end - start + 1, PART)


def _open(recording: Recording, by: Acting, at: datetime, verb: str) -> BlobReader:
    try:
        reader = play_recording(recording, by=by, at=at, verb=verb)
    except (Unreadable, OSError) as error:
        raise _unavailable(recording, error) from error
    if reader.size != recording.size:
        reader.close()
        raise _unavailable(recording, Tampered("The audio has another size than its row says."))
    return reader


def _read(reader: BlobReader, recording: Recording, offset: int, size: int) -> bytes:
    try:
        return reader.read_range(offset, size)
    except (Unreadable, OSError) as error:
        raise _unavailable(recording, error) from error


def _unavailable(recording: Recording, error: Exception) -> Exception:
    """Report audio that does not open; for a recording that was just deleted, return Http404."""
    log.error("audio cannot be opened", object=str(recording.pk), exc_info=error)
    damage = isinstance(error, Unreadable | FileNotFoundError)
    if damage and not noticed(error, recording.place):
        return Http404()
    return AudioUnavailable()


class _Stream:
    """The whole audio in steps. close() is called by the server on every way out."""

    def __init__(self, reader: BlobReader, recording: Recording, by: Acting) -> None:
        self._reader, self._recording, self._by = reader, recording, by

    def __iter__(self) -> Iterator[bytes]:
        asked = monotonic()
        for offset in range(0, self._reader.size, STEP):
            if offset and (offset % RECHECK == 0 or monotonic() - asked > PATIENCE):
                if not still_playable(self._recording.pk, by=self._by):
                    raise ListeningEnded("The right to listen ended.")
                asked = monotonic()
            try:
                yield _read(self._reader, self._recording, offset, STEP)
            except (AudioUnavailable, Http404, *LATER) as error:
                raise ListeningEnded("The audio failed.") from error

    def close(self) -> None:
        self._reader.close()


def _head(recording: Recording, by: Acting) -> HttpResponse:
    """What a GET would say, without opening anything: no listening, so no trace."""
    if not may_listen(recording, by=by):
        raise Http404
    return _dressed(HttpResponse(), recording, recording.size)


def _unsatisfiable(recording: Recording, by: Acting) -> HttpResponse:
    if not may_listen(recording, by=by):
        raise Http404
    response = HttpResponse(status=416)
    response["Content-Range"] = f"bytes */{recording.size}"
    response["Cache-Control"] = "no-store"
    return response


def _etag(recording: Recording) -> str:
    """A recording's bytes never change, so its id says enough, and says nothing of the content."""
    return f'"{recording.pk.hex}"'


def _dressed(response: R, recording: Recording, length: int) -> R:
    ending = AudioFormat(recording.audio_format)
    called = pgettext("file name", "call")
    began = recording.started_at.astimezone(STOCKHOLM)
    name = f"{called}-{began:%Y%m%d-%H%M}-{recording.pk.hex[-6:]}.{ending}"
    response["Content-Type"] = CONTENT_TYPES[ending]
    response["Content-Length"] = str(length)
    response["Content-Disposition"] = f'inline; filename="{name}"'
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = _etag(recording)
    response["Cache-Control"] = "no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
