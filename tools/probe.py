"""Is this container's process well? `python -m tools.probe web | worker | beat`

The health checks of docker-compose.yml; each ends with 0 (well) or 1 and a line saying why.
"""

import argparse
import http.client
import os
import socket
import sys
import time
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlsplit

from celery import Celery

BEAT_SILENCE = 600
"""Seconds. Beat writes its schedule at least every 3 minutes while it sends tasks."""


def web(port: int) -> str | None:
    """Ask as the TLS proxy does; returns what is wrong."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    host = urlsplit(os.environ["PUBLIC_URL"]).hostname or ""
    try:
        connection.request("GET", "/healthz/", headers={"Host": host, "X-Forwarded-Proto": "https"})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"web: {error}"
    finally:
        connection.close()
    return None if status == HTTPStatus.OK else f"web: /healthz/ answered {status}"


def worker(name: str) -> str | None:
    with Celery(broker=os.environ["BROKER_URL"], set_as_current=False) as app:
        answers = app.control.ping(timeout=3, destination=[name])
    return None if answers else f"worker: {name} does not answer"


def beat(schedule: Path, *, now: float) -> str | None:
    # Which files make up the schedule depends on Python's dbm: schedule, schedule.db, .dat …
    written = [path.stat().st_mtime for path in schedule.parent.glob(f"{schedule.name}*")]
    if not written:
        return f"beat: no {schedule}"
    silent = now - max(written)
    return None if silent < BEAT_SILENCE else f"beat: silent for {silent:.0f} s"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.probe")
    parser.add_argument("process", choices=("web", "worker", "beat"))
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--name", default=f"worker@{socket.gethostname()}")
    parser.add_argument("--schedule", type=Path, default=Path("/tmp/beat"))  # noqa: S108 (a tmpfs)
    options = parser.parse_args()
    problem = {
        "web": lambda: web(options.port),
        "worker": lambda: worker(options.name),
        "beat": lambda: beat(options.schedule, now=time.time()),
    }[options.process]()
    if problem:
        print(problem, file=sys.stderr)
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main())
