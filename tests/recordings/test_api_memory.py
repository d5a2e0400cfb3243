"""A large upload costs no more memory than a small one."""

import io
import struct
import tracemalloc
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from botocore.auth import PAYLOAD_BUFFER
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.utils import timezone

from recordings.models import Recording
from tests.cast import House
from tests.integrator import RECORDINGS

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

MIB = 1024 * 1024
SECOND = np.sin(np.arange(MIB // 2) / 9).astype("<f4")
BLOCK = (SECOND * 9000).astype("<i2").tobytes()  # 1 MiB of 16-bit sound
BOUNDARY = "snitt"
# What a bucket's client may hold at once, by chance: over plain HTTP it signs each part by blocks
# of PAYLOAD_BUFFER, reads the next before it lets go of the last, and sends two parts at a time.
SIGNED = 2 * 2 * PAYLOAD_BUFFER


def wav(mib: int) -> Iterator[bytes]:
    """Yield a WAV of 48 kHz stereo, so many MiB long, without ever holding it."""
    size = mib * MIB
    yield struct.pack(
        "<4sI4s4sIHHIIHH4sI",
        b"RIFF",
        36 + size,
        b"WAVE",
        b"fmt ",
        16,
        1,
        2,
        48000,
        192000,
        4,
        16,
        b"data",
        size,
    )
    for _ in range(mib):
        yield BLOCK


def as_form(audio: Iterator[bytes], began: str) -> Iterator[bytes]:
    line = f"--{BOUNDARY}\r\nContent-Disposition: form-data; name="
    yield f'{line}"started_at"\r\n\r\n{began}\r\n'.encode()
    yield f'{line}"audio"; filename="a.wav"\r\n\r\n'.encode()
    yield from audio
    yield f"\r\n--{BOUNDARY}--\r\n".encode()


class Wire(io.RawIOBase):
    """A socket that makes its bytes as they are read."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts, self._left = parts, b""

    def read(self, size: int = -1, /) -> bytes:
        while not self._left:
            part = next(self._parts, None)
            if part is None:
                return b""
            self._left = part
        data, self._left = self._left[:size], self._left[size:]
        return data


def deliver(house: House, mib: int, how: str) -> tuple[int, int]:
    """Post through the real WSGI application; return the status and the peak of new memory."""
    began = (timezone.now() - timedelta(hours=1)).isoformat()
    make = wav if how == "raw" else lambda mib: as_form(wav(mib), began)
    length = sum(len(part) for part in make(mib))
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST",
        "PATH_INFO": RECORDINGS,
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "443",
        "wsgi.url_scheme": "https",
        "HTTP_X_FORWARDED_PROTO": "https",
        "wsgi.errors": io.StringIO(),
        "wsgi.input": Wire(make(mib)),
        "CONTENT_LENGTH": str(length),
        "REMOTE_ADDR": "192.0.2.1",
        "CONTENT_TYPE": "audio/wav"
        if how == "raw"
        else f"multipart/form-data; boundary={BOUNDARY}",
        "HTTP_AUTHORIZATION": f"Bearer {house.secret}",
        "HTTP_SMARTSVAR_STARTED_AT": began,
    }
    said: list[str] = []
    application: Any = get_wsgi_application()
    tracemalloc.start()
    try:
        body = b"".join(application(environ, lambda status, headers: said.append(status)))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert said[0].startswith("201"), body
    return length, peak


@pytest.mark.parametrize("how", ["form", "raw"])
def test_two_hundred_megabytes_cost_no_more_than_ten(anna: House, how: str) -> None:
    deliver(anna, 1, how)
    _, small = deliver(anna, 10, how)
    length, large = deliver(anna, 200, how)
    assert length > 200 * MIB
    assert large < small + SIGNED
    assert large < 8 * MIB
    newest: Any = Recording.objects.of(anna.customer).newest_first().first()
    assert newest.size == 200 * MIB + 44
    assert not list(Path(settings.SPOOL_DIR).glob("*"))
