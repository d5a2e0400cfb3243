"""Real worker processes of the tests: they see the test's databases, as the suite's own do."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from django.db import connections

from smartsvar.settings import BASE_DIR


def test_environment() -> dict[str, str]:
    """Return this process's environment, with the databases that the test runner made."""
    env = dict(os.environ)
    for alias, variable in (("default", "DATABASE_URL"), ("keys", "KEYS_DATABASE_URL")):
        name = str(connections[alias].settings_dict["NAME"])
        parts = urlsplit(env[variable])
        path = name if parts.scheme == "sqlite" else f"/{name}"
        env[variable] = (
            f"sqlite:///{name}" if parts.scheme == "sqlite" else urlunsplit(parts._replace(path=path))
        )
    return env


@contextmanager
def celery_worker(log: Path, queue: str = "celery") -> Iterator["subprocess.Popen[bytes]"]:
    """Run one real Celery worker on the test's databases until the block ends."""
    command = [sys.executable, "-m", "celery", "-A", "smartsvar", "worker"]
    command += ["--concurrency=1", "--loglevel=INFO", f"--queues={queue}", "--without-mingle"]
    with log.open("wb") as out:
        worker = subprocess.Popen(  # noqa: S603
            command, cwd=BASE_DIR, env=test_environment(), stdout=out, stderr=subprocess.STDOUT
        )
        try:
            yield worker
        finally:
            worker.terminate()
            try:
                worker.wait(20)
            except subprocess.TimeoutExpired:
                worker.kill()
                worker.wait(5)


def wait_until(true: Callable[[], object], seconds: float, what: str) -> float:
    """Wait until `true()` holds and return how many seconds it took; fail with `what` after `seconds`."""
    start = time.monotonic()
    while not true():
        if time.monotonic() - start > seconds:
            raise AssertionError(f"Not within {seconds} s: {what}")
        time.sleep(0.05)
    return time.monotonic() - start
