"""Real worker processes of the tests: they see the test's databases, as the suite's own do."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import httpx
from django.db import connections

from smartsvar.celery import app
from smartsvar.settings import BASE_DIR
from smartsvar.vault.storage import blob_store

QUEUES = ("celery", "mail")


def test_environment() -> dict[str, str]:
    """Return this process's environment, with the databases that the test runner made."""
    env = dict(os.environ)
    for alias, variable in (("default", "DATABASE_URL"), ("keys", "KEYS_DATABASE_URL")):
        name = str(connections[alias].settings_dict["NAME"])
        parts = urlsplit(env[variable])
        path = name if parts.scheme == "sqlite" else f"/{name}"
        env[variable] = (
            f"sqlite:///{name}"
            if parts.scheme == "sqlite"
            else urlunsplit(parts._replace(path=path))
        )
    return env


def empty_ledger() -> None:
    """Forget earlier tests' erasures: flushed databases know nothing of them, and look restored."""
    store = blob_store("ledger")
    store.delete([stored.name for stored in store.names()])


def empty_queues() -> None:
    """Forget earlier tests' nudges: a worker would look for their rows before it comes to ours."""
    with app.connection_for_write() as connection:
        for queue in QUEUES:
            connection.default_channel.queue_purge(queue)


@contextmanager
def running(
    command: list[str], log: Path, extra: dict[str, str]
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run a process of ours on the test's databases until the block ends."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=BASE_DIR,
            env=test_environment() | extra,
            stdout=out,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # what it signals to its group must not reach the tests
        )
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)


@contextmanager
def celery_worker(log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    """Run one real Celery worker, of all queues."""
    command = ["celery", "-A", "smartsvar", "worker", "--concurrency=1", "--loglevel=INFO"]
    queues = f"--queues={','.join(QUEUES)}"
    with running([*command, queues, "--without-mingle"], log, {}) as worker:
        yield worker


@contextmanager
def web_server(log: Path, extra: dict[str, str] | None = None) -> Iterator[str]:
    """Run the real web server on a free port of loopback; yield its address once it answers."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
    address = f"http://localhost:{port}"
    command = ["gunicorn", "smartsvar.wsgi", f"--bind=127.0.0.1:{port}", "--threads=8"]
    own = {"PUBLIC_URL": address, "WEB_CONCURRENCY": "1"}
    with running(command, log, own | (extra or {})):
        wait_until(lambda: _healthy(port), 60, "the web server")
        yield address


def _healthy(port: int) -> bool:
    try:
        return httpx.get(f"http://localhost:{port}/healthz/", timeout=20).status_code == 200
    except httpx.HTTPError:
        return False


def wait_until(true: Callable[[], object], seconds: float, what: str) -> float:
    """Wait until `true()` holds; return the seconds it took, or fail saying `what`."""
    start = time.monotonic()
    while not true():
        if time.monotonic() - start > seconds:
            raise AssertionError(f"Not within {seconds} s: {what}")
        time.sleep(0.05)
    return time.monotonic() - start
