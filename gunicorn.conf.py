"""Settings of the web server that its command line cannot say; gunicorn reads this file itself."""

from typing import Any

KEPT = 1024 * 1024  # the longest body after which a connection serves on


def pre_request(worker: Any, request: Any) -> None:
    """Announce `Connection: close` for a long or unmeasured body.

    Refused early, such a body is not read to its end, so no other request can follow it; a client
    must be told so before it sends one. Applications cannot: the header is the server's.
    """
    headers = dict(request.headers)
    length = headers.get("CONTENT-LENGTH", "0")
    if "TRANSFER-ENCODING" in headers or not length.isdigit() or int(length) > KEPT:
        request.force_close()
