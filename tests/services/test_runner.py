"""`python -m tests.services` itself: exit codes, and nothing that outlives it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from smartsvar.demo.children import StartError, spawn, wait_until
from tests.deploy.compose import ROOT
from tests.services.__main__ import run

pytestmark = pytest.mark.either_stack
RUNNER = [sys.executable, "-m", "tests.services", "--stack", "sqlite"]


@pytest.mark.parametrize(("script", "code"), [("exit 7", 7), ("kill -9 $$", 137)])
def test_it_returns_the_commands_exit_code(script: str, code: int) -> None:
    assert run(["sh", "-c", script], dict(os.environ), limit=None) == code


def test_a_command_that_hangs_is_stopped(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["sleep", "60"], dict(os.environ), limit=0.2) == 124
    assert "longer than 0.2 s" in capsys.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_outlives_it(number: signal.Signals, tmp_path: Path) -> None:
    runner = subprocess.Popen(
        [*RUNNER, "--", "sh", "-c", f"touch {tmp_path}/up; exec sleep 60"],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
    )
    while not (tmp_path / "up").exists():
        assert runner.poll() is None
        time.sleep(0.05)
    family = psutil.Process(runner.pid).children(recursive=True)
    assert len(family) >= 3, "the command, Valkey and SMTP"
    runner.send_signal(number)
    runner.wait(20)
    _, alive = psutil.wait_procs(family, timeout=10)
    assert alive == []


def test_a_part_that_cannot_start_says_why(tmp_path: Path) -> None:
    child = spawn("part", ["sh", "-c", "echo no room; exit 3"], logs=tmp_path)
    with pytest.raises(StartError, match=r"(?s)part ended at its start \(exit 3\).*no room"):
        wait_until(lambda: False, child, within=5)


def test_without_a_service_there_is_no_green_run(tmp_path: Path) -> None:
    """A folder that cannot be made stands for any part that fails: exit 69, not a skip."""
    env = {**os.environ, "CHROMIUM_PATH": "/nowhere", "PATH": str(tmp_path)}
    env["PLAYWRIGHT_BROWSERS_PATH"] = str(tmp_path)
    env["PLAYWRIGHT_DOWNLOAD_HOST"] = "http://127.0.0.1:1"
    done = subprocess.run(
        [*RUNNER, "--", sys.executable, "-c", ""], cwd=ROOT, env=env, capture_output=True, text=True
    )
    assert done.returncode == 69
    assert "No browser" in done.stderr
