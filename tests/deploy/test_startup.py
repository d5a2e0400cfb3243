"""What a process of the service does at its start: refuses with a sentence, or waits, or serves."""

import base64
import os
import socket
import subprocess
from pathlib import Path

import httpx
import pytest
from django.conf import settings

from smartsvar import startup
from smartsvar.clock import database_now
from smartsvar.shredding import actions, marks
from smartsvar.shredding.models import ErasedBatch
from tests import cast
from tests.processes import running, wait_until

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

WORKER = ["celery", "-A", "smartsvar", "worker", "--concurrency=1", "--without-mingle"]
BEAT = ["celery", "-A", "smartsvar", "beat", "--pidfile=", "--schedule="]
WEB = ["gunicorn", "smartsvar.wsgi", "--workers=1", "--bind=127.0.0.1:"]


def commands(tmp_path: Path, port: int) -> dict[str, list[str]]:
    return {
        "web": [*WEB[:-1], f"{WEB[-1]}{port}"],
        "worker": WORKER,
        "beat": [*BEAT[:-1], f"{BEAT[-1]}{tmp_path / 'beat'}"],
        "purge": ["manage", "purge"],
    }


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return int(sock.getsockname()[1])


def ended(process: "subprocess.Popen[bytes]") -> int:
    return process.wait(60)


@pytest.mark.parametrize("part", ["web", "worker", "beat", "purge"])
def test_no_part_starts_on_a_database_that_has_forgotten_an_erasure(
    anna: cast.House, tmp_path: Path, part: str
) -> None:
    actions.shred([cast.call_of(anna)], by=anna.administrator)
    ErasedBatch.objects.all().delete()
    log = tmp_path / "log"
    with running(commands(tmp_path, free_port())[part], log, {}) as process:
        assert ended(process) != 0
    said = log.read_text()
    assert "Smartsvar does not start." in said
    assert "The main database has forgotten 1 erasures of the ledger." in said
    assert "manage.py replay_erasures" in said


@pytest.mark.parametrize("part", ["web", "worker"])
def test_a_wrong_root_key_is_told_at_the_start(anna: cast.House, tmp_path: Path, part: str) -> None:
    log = tmp_path / "log"
    other = {"ROOT_KEY": base64.b64encode(os.urandom(32)).decode()}
    with running(commands(tmp_path, free_port())[part], log, other) as process:
        assert ended(process) != 0
    said = log.read_text()
    assert "Smartsvar does not start." in said
    assert "local:" in said, "it names the root that is missing"
    assert other["ROOT_KEY"] not in said


@pytest.mark.either_stack
@pytest.mark.parametrize("part", ["web", "worker", "beat", "purge"])
@pytest.mark.parametrize("name", ["ROOT_KEY", "ROOT_KEY_PREVIOUS"])
def test_a_root_key_that_is_none_is_told_by_its_setting(
    anna: cast.House, tmp_path: Path, part: str, name: str
) -> None:
    log = tmp_path / "log"
    with running(commands(tmp_path, free_port())[part], log, {name: "not-a-key"}) as process:
        assert ended(process) != 0
    said = log.read_text()
    assert "Smartsvar does not start." in said
    assert f"{name} must be the base64 of exactly 32 random bytes." in said
    assert "not-a-key" not in said


@pytest.mark.parametrize("part", ["web", "worker", "beat", "purge"])
def test_a_check_that_fails_in_an_unforeseen_way_has_not_passed(
    anna: cast.House, tmp_path: Path, part: str
) -> None:
    log = tmp_path / "log"
    strange = {"ROOT_KEY": "", "ROOT_PROVIDER": "os.getcwd"}  # a callable, and no root
    with running(commands(tmp_path, free_port())[part], log, strange) as process:
        assert ended(process) != 0
    said = log.read_text()
    assert "Smartsvar does not start." in said
    assert "The check at the start failed: AttributeError." in said


def test_a_worker_that_does_not_start_says_so_by_its_exit_code(
    anna: cast.House, tmp_path: Path
) -> None:
    with running(WORKER, tmp_path / "log", {"ROOT_KEY": "not-a-key"}) as process:
        assert ended(process) == startup.EX_CONFIG


def test_whatever_goes_wrong_around_the_check_ends_the_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def failing() -> None:
        raise RuntimeError

    monkeypatch.setattr(startup, "require_ready", failing)
    with pytest.raises(SystemExit) as caught:
        startup.wait_until_ready()
    assert caught.value.code == startup.EX_CONFIG


@pytest.mark.either_stack
def test_a_root_key_file_that_is_being_written_is_waited_for(
    anna: cast.House, tmp_path: Path
) -> None:
    port, file, log = free_port(), tmp_path / "root.key", tmp_path / "log"
    file.touch()
    root = {
        "ROOT_KEY": "",
        "ROOT_KEY_FILE": str(file),
        "PUBLIC_URL": f"http://localhost:{port}",
    }
    with running(commands(tmp_path, port)["web"], log, root):
        wait_until(lambda: _status(port) == 503, 90, "503")
        assert "ROOT_KEY_FILE: the file holds no key" in log.read_text()
        file.write_text(settings.ROOT_KEY + "\n")
        wait_until(lambda: _status(port) == 200, 60, "200")


def _status(port: int) -> int:
    """Return the status that the server answers with; 0 while it does not."""
    try:
        return httpx.get(f"http://localhost:{port}/healthz/", timeout=60).status_code
    except httpx.HTTPError:
        return 0


def test_while_the_ledger_cannot_be_reached_the_answer_is_503_and_then_it_serves(
    anna: cast.House, tmp_path: Path
) -> None:
    marks.advance(database_now())
    port = free_port()
    folder = tmp_path / "ledger"
    away: dict[str, str] = {"LEDGER_DIR": str(folder), "PUBLIC_URL": f"http://localhost:{port}"}
    if os.environ["STORAGE"] == "s3":
        away["S3_ENDPOINT"] = "http://127.0.0.1:1"
    else:
        folder.write_text("a file where the folder should be")
    with running(commands(tmp_path, port)["web"], tmp_path / "log", away):
        answers: list[httpx.Response] = []

        def answered() -> bool:
            try:
                answers.append(httpx.get(f"http://localhost:{port}/healthz/", timeout=60))
            except httpx.TransportError:
                return False
            return True

        wait_until(answered, 90, "an answer")
        assert answers[0].status_code == 503
        assert answers[0].headers["Retry-After"] == "30"
        assert "försök igen" in answers[0].text
        if os.environ["STORAGE"] != "s3":
            folder.unlink()
            folder.symlink_to(os.environ["LEDGER_DIR"])
            wait_until(lambda: _status(port) == 200, 90, "200")
