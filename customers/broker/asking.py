"""What the broker is asked over HTTP: bounded in time and size, never redirected, TLS checked."""

import http.client
import json
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Event, Timer
from typing import Any
from urllib.parse import SplitResult, urlencode, urlsplit

STEP = 4.0  # seconds to connect, and between two bytes
WHOLE = 8.0  # seconds for one answer: a broker that sends a byte now and then holds no thread
LARGEST = 256 * 1024  # bytes; a document of keys has a few thousand


class BrokerAway(Exception):
    """The broker cannot be reached, is too slow, or fails itself."""


class BrokerRefused(Exception):
    """The broker said no, or what it said does not hold. The text names the fault, no value."""


def ask(
    url: str, form: Mapping[str, str] | None = None, headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Return the JSON object at the address; with a form, what it is answered by.

    Raises BrokerAway, BrokerRefused.
    """
    try:
        status, body = _exchange(urlsplit(url), form, headers or {})
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise BrokerAway(type(error).__name__) from error
    if status >= 500:
        raise BrokerAway(f"status {status}")
    if status not in {200, 201}:
        raise BrokerRefused(f"status {status}")  # a redirect too: where to is not the broker's word
    return _object(body)


def _exchange(
    parts: SplitResult, form: Mapping[str, str] | None, headers: Mapping[str, str]
) -> tuple[int, bytes]:
    host, port = parts.hostname or "", parts.port or (80 if parts.scheme == "http" else 443)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    kind = {} if form is None else {"Content-Type": "application/x-www-form-urlencoded"}
    with socket.create_connection((host, port), STEP) as plain, _cut_off(plain):
        connection = http.client.HTTPConnection(parts.netloc, timeout=STEP)
        connection.sock = _secured(plain, parts)
        try:
            connection.request(
                "GET" if form is None else "POST", path,
                None if form is None else urlencode(form),
                {"Accept": "application/json", **kind, **headers},
            )  # fmt: skip
            answer = connection.getresponse()
            return answer.status, answer.read(LARGEST + 1)
        finally:
            connection.close()


def _secured(plain: socket.socket, parts: SplitResult) -> socket.socket:
    """Return the socket under TLS; as it is only for an address that settings let have none."""
    if parts.scheme == "http":
        return plain
    return ssl.create_default_context().wrap_socket(plain, server_hostname=parts.hostname)


@contextmanager
def _cut_off(plain: socket.socket) -> Iterator[None]:
    """End the connection after WHOLE seconds, whatever it is in the middle of."""
    watched = plain.dup()  # TLS takes the plain one over, and the answer may close it
    late = Event()
    timer = Timer(WHOLE, _shut, [watched, late])
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        watched.close()
    if late.is_set():  # what was cut off may look like a short answer
        raise TimeoutError


def _shut(watched: socket.socket, late: Event) -> None:
    late.set()
    try:
        watched.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass  # it ended at the same moment


def _object(body: bytes) -> dict[str, Any]:
    if len(body) > LARGEST:
        raise BrokerRefused("too large")
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BrokerRefused("no JSON") from error
    if not isinstance(found, dict):
        raise BrokerRefused("no object")
    return found
