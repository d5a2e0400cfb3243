"""The compose file's own commands, started here: production settings, the stack's real services."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from smartsvar.demo.children import Child, free_ports, spawn, wait_until
from tests.deploy.compose import OURS, ROOT
from tests.processes import empty_ledger
from tools import probe


def start(name: str, logs: Path, **replaced: str) -> Child:
    """Run a service's command from docker-compose.yml with some of its options replaced."""
    program, *options = OURS[name]["command"]
    command = [option for option in options if option.split("=")[0] not in replaced]
    command += [f"{option}={value}" for option, value in replaced.items()]
    return spawn(
        name,
        [sys.executable, "-m", program, *command],
        logs=logs,
        cwd=ROOT,
    )


@pytest.fixture(scope="module", autouse=True)
def deployed() -> None:
    """The stack's own databases, migrated as at a deployment, and an empty ledger beside them."""
    empty_ledger()
    subprocess.run([sys.executable, "manage.py", "migrate_all"], cwd=ROOT, check=True)


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a web server."""
    (port,) = free_ports(1)
    logs = tmp_path_factory.mktemp("web")
    child = start("web", logs, **{"--bind": f"127.0.0.1:{port}"})
    try:
        wait_until(lambda: probe.web(port) is None, child, within=30)
        yield port
    finally:
        child.stop()


def test_the_web_is_healthy_with_production_settings(web: int) -> None:
    answer = httpx.get(
        f"http://127.0.0.1:{web}/healthz/", headers={"Host": "minasidor.example.se"}, timeout=60
    )
    assert answer.status_code == 200


def test_a_stranger_host_gets_nothing(web: int) -> None:
    answer = httpx.get(
        f"http://127.0.0.1:{web}/healthz/", headers={"Host": "evil.example"}, timeout=60
    )
    assert answer.status_code == 400


def test_plain_http_is_sent_to_https(web: int) -> None:
    answer = httpx.get(
        f"http://127.0.0.1:{web}/", headers={"Host": "minasidor.example.se"}, timeout=60
    )
    assert answer.status_code == 301
    assert answer.headers["Location"] == "https://minasidor.example.se/"


def test_the_worker_answers_its_probe(tmp_path: Path) -> None:
    name = f"worker@{os.getpid()}"
    child = start("worker", tmp_path, **{"--hostname": name})
    try:
        wait_until(lambda: probe.worker(name) is None, child, within=30)
    finally:
        child.stop()
    assert probe.worker(name) == f"worker: {name} does not answer"


def test_beat_writes_its_schedule(tmp_path: Path) -> None:
    schedule = tmp_path / "schedule"
    child = start("beat", tmp_path, **{"--schedule": str(schedule)})
    try:
        wait_until(lambda: probe.beat(schedule, now=time.time()) is None, child, within=30)
    finally:
        child.stop()
    an_hour_later = time.time() + 3600
    assert "silent" in str(probe.beat(schedule, now=an_hour_later))


@pytest.mark.parametrize("secret", ["SECRET_KEY", "ROOT_KEY", "DATABASE_URL", "BROKER_URL"])
def test_without_a_secret_nothing_starts(secret: str) -> None:
    env = {name: value for name, value in os.environ.items() if name != secret}
    done = subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=ROOT, env=env, capture_output=True, text=True
    )
    assert done.returncode != 0
    assert secret in done.stderr
