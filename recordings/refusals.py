"""What can be wrong with an upload, in the API's words."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from django.http.request import UnreadablePostError

from customers.problems import Problem
from recordings.probe import NotAudio, TooLong, Truncated
from recordings.receiving import Refused, StorageFull
from smartsvar.vault.stores.spool import TooLarge

log = structlog.get_logger(__name__)

# exception → status, code, field, sentence.
SAYINGS: list[tuple[type[Exception], int, str, str]] = [
    (TooLarge, 413, "too_large", "The audio is larger than this service takes."),
    (TooLong, 422, "too_long", "The recording is longer than this service takes."),
    (NotAudio, 422, "not_audio", "The content is not WAV, MP3, Ogg or FLAC, or is damaged."),
    (Truncated, 422, "truncated", "The audio is shorter than its own header says."),
    (StorageFull, 507, "storage_full", "There is no room for the recording now. Try again later."),
    (OSError, 503, "storage_unavailable", "The storage cannot be reached now. Try again later."),
]


@contextmanager
def refusals() -> Iterator[None]:
    """Put what can be wrong with an upload in the API's words."""
    try:
        yield
    except UnreadablePostError:
        raise
    except Refused as error:
        raise Problem(422, error.code, error.detail, field=error.field) from error
    except tuple(kind for kind, *_ in SAYINGS) as error:
        _, status, code, detail = next(row for row in SAYINGS if isinstance(error, row[0]))
        if isinstance(error, OSError):
            log.error("upload failed", exc_info=error)
        raise Problem(status, code, detail, field="audio") from error
