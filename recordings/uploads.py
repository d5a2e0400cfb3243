"""Audio on its way in: sealed as it is parsed, and abandoned on every way out but success.

The parts before and after the audio are small and stay in memory; the audio goes from the socket
through the sealer to the spool, and no plaintext of it touches a disk.
"""

import hashlib
from datetime import datetime
from types import TracebackType
from typing import Any, Protocol

import structlog
from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler
from django.db import DatabaseError
from django.http import HttpRequest, QueryDict
from django.http.multipartparser import MultiPartParser
from django.http.request import UnreadablePostError
from django.utils import timezone

from customers.actions.idempotency import Claim
from customers.api_auth import CUSTOMER_HEADER
from customers.models import Customer
from customers.problems import Problem
from recordings.receiving import Upload, begin_upload
from smartsvar.audit.actors import Acting
from smartsvar.vault.stores.spool import TooLarge

log = structlog.get_logger(__name__)

CHUNK = 256 * 1024  # bytes read at a time
FIELDS_ROOM = 1024 * 1024  # what a multipart body may hold beside its audio
HEADER_PREFIX = "Smartsvar-"


class Sink(Protocol):
    """Where audio goes: an Upload, or a Digest when the work was done before."""

    digest: str

    def write(self, data: bytes) -> None: ...

    def finish(self) -> None: ...

    def abandon(self, *, by: Acting) -> None: ...


class Digest:
    """Only measures what comes: a repeated request needs its fingerprint and nothing else."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._left = settings.RECORDING_MAX_BYTES
        self.digest = ""

    def write(self, data: bytes) -> None:
        self._left -= len(data)
        if self._left < 0:
            raise TooLarge
        self._hash.update(data)

    def finish(self) -> None:
        self.digest = self._hash.hexdigest()

    def abandon(self, *, by: Acting) -> None:
        """Nothing was kept."""


class Intake:
    """One request's audio and the facts that came with it."""

    def __init__(self, customer: Customer, claim: Claim, *, by: Acting, at: datetime) -> None:
        self._customer, self._claim, self._by, self._at = customer, claim, by, at
        self.facts: dict[str, str] = {}
        self._sink: Sink | None = None
        self._kept = False

    def __enter__(self) -> "Intake":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._sink is not None and not self._kept:
            try:
                self._sink.abandon(by=self._by)
            except (OSError, DatabaseError) as failure:
                # What is left is pending or claimed: the purge finishes it.
                log.error("upload not cleared away yet", exc_info=failure)

    @property
    def upload(self) -> Upload:
        """The upload to receive. Raises Problem when no audio came."""
        if not isinstance(self._sink, Upload):
            raise _no_audio()
        return self._sink

    @property
    def digest(self) -> str:
        return self._sink.digest if self._sink else ""

    def keep(self) -> None:
        """The recording is live: there is nothing to abandon any more."""
        self._kept = True

    @property
    def begun(self) -> bool:
        return self._sink is not None

    def begin(self) -> None:
        """From here on the audio is sealed for its customer."""
        if self._claim.made is None:
            self._sink = begin_upload(self._customer, at=self._at)
        else:
            self._sink = Digest()

    @property
    def _open(self) -> Sink:
        if self._sink is None:
            raise _no_audio()
        return self._sink

    def write(self, data: bytes) -> None:
        """Take more audio, and hold on to the request's lease."""
        self._open.write(data)
        self._claim.renew(timezone.now())

    def finish(self) -> None:
        """The audio has come to its end."""
        self._open.finish()


def _no_audio() -> Problem:
    return Problem(400, "required", "There is no audio in the request.", field="audio")


class SealingUploadHandler(FileUploadHandler):
    """Django's upload handler for one part, `audio`; every other file is refused."""

    def __init__(self, intake: Intake) -> None:
        super().__init__()
        self.chunk_size = CHUNK
        self._intake = intake

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        """Begin with the part `audio`. Raises Problem for any other, and for a second one."""
        super().new_file(*args, **kwargs)
        if self.field_name != "audio":
            raise Problem(400, "unexpected_file", "The only file to send is the part audio.")
        if self._intake.begun:
            raise Problem(400, "unexpected_file", "There are two parts named audio.", field="audio")
        self._intake.begin()

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        self._intake.write(raw_data)

    def file_complete(self, file_size: int) -> None:
        self._intake.finish()

    def upload_interrupted(self) -> None:
        """Refuse a part that no boundary ends: what came may not be all of it."""
        raise Problem(400, "truncated", "The form ends without its last boundary.", field="audio")


class _Whole:
    """A request's body that must come to its end: a client that hung up is noticed."""

    def __init__(self, request: HttpRequest, length: int) -> None:
        self._request, self._left = request, length

    def read(self, size: int) -> bytes:
        data: bytes = self._request.read(min(size, self._left))
        self._left -= len(data)
        if not data and self._left:
            raise UnreadablePostError("The connection ended early.")
        return data


def take_in(request: HttpRequest, intake: Intake) -> None:
    """Read the request's body into the intake: a form, or raw audio with headers or query.

    Raises Problem, and whatever `refusals` puts in words.
    """
    kind = (request.content_type or "").lower()
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise Problem(415, "unsupported_media_type", "Send the audio without Content-Encoding.")
    form = kind == "multipart/form-data"
    body = _Whole(request, _length(request, FIELDS_ROOM if form else 0))
    if form:
        _take_form(request, body, intake)
    elif kind.startswith("audio/") or kind == "application/octet-stream":
        _take_raw(request, body, intake)
    else:
        detail = "Send multipart/form-data, audio/* or application/octet-stream."
        raise Problem(415, "unsupported_media_type", detail)


def _length(request: HttpRequest, room: int) -> int:
    """Return Content-Length, refused before anything is read when it is too large."""
    if "Transfer-Encoding" in request.headers:
        raise Problem(411, "length_required", "Send Content-Length; chunked bodies are not taken.")
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        length = -1
    if length < 0:
        raise Problem(400, "invalid", "Content-Length must be a number of bytes.")
    if length > settings.RECORDING_MAX_BYTES + room:
        raise TooLarge
    return length


def _take_form(request: HttpRequest, body: _Whole, intake: Intake) -> None:
    handlers = [SealingUploadHandler(intake)]
    stream: Any = body
    fields, _ = MultiPartParser(request.META, stream, handlers, "utf-8").parse()
    while body.read(CHUNK):  # what lies behind the last boundary says nothing, but must come
        pass
    intake.facts = _last_of_each(fields)


def _take_raw(request: HttpRequest, body: _Whole, intake: Intake) -> None:
    intake.facts = raw_facts(request)
    intake.begin()
    while data := body.read(CHUNK):
        intake.write(data)
    intake.finish()


def _last_of_each(query: QueryDict) -> dict[str, str]:
    return {name: str(query[name]) for name in query}


def raw_facts(request: HttpRequest) -> dict[str, str]:
    """Return the facts beside raw audio: headers like Smartsvar-Caller-Name, or ?caller_name=…"""
    facts = _last_of_each(request.GET)
    for header, value in request.headers.items():
        if header.startswith(HEADER_PREFIX) and header != CUSTOMER_HEADER:
            name = header.removeprefix(HEADER_PREFIX).replace("-", "_").lower()
            # WSGI hands headers over as Latin-1; U+FFFD is refused with its field further on.
            facts[name] = value.encode("latin-1", "replace").decode("utf-8", "replace")
    return facts
