"""The first line a newcomer sees when something is missing."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.compose import ROOT
from tools import setup


def find_python(path: Path, **env: str) -> "subprocess.CompletedProcess[str]":
    shell = shutil.which("sh")
    assert shell
    return subprocess.run(
        [shell, ROOT / "tools" / "find_python.sh"],
        env={"PATH": str(path), **env},
        capture_output=True,
        text=True,
    )


@pytest.fixture
def old_python(tmp_path: Path) -> Path:
    """A folder whose only python3 says that it is 3.9, as it would."""
    python = tmp_path / "python3"
    python.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2 && exit\nexit 1\n')
    python.chmod(0o755)
    for program in ("sh", "head"):
        (tmp_path / program).symlink_to(str(shutil.which(program)))
    return tmp_path


def test_a_python_too_old_is_named(old_python: Path) -> None:
    done = find_python(old_python)
    assert done.returncode == 1
    assert "needs Python 3.11 or newer; python3 here is: Python 3.9.2" in done.stderr


def test_a_named_python_that_is_none(old_python: Path) -> None:
    done = find_python(old_python, PYTHON=str(old_python / "python3"))
    assert done.returncode == 1
    assert "is no Python >= 3.11 (Python 3.9.2)" in done.stderr


def test_a_named_python_is_taken(old_python: Path) -> None:
    assert find_python(old_python, PYTHON=sys.executable).stdout.strip() == sys.executable


def test_no_network_is_said_in_a_line() -> None:
    log = "Could not connect: Temporary failure in name resolution\nERROR: No matching distribution"
    assert "needs the network" in setup.explanation(log)


def test_another_failure_shows_its_last_line() -> None:
    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in setup.explanation(
        "Collecting x\nERROR: THESE PACKAGES DO NOT MATCH THE HASHES"
    )


def test_a_changed_requirements_file_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    requirements = tmp_path / "dev.txt"
    requirements.write_text("one")
    monkeypatch.setattr(setup, "REQUIREMENTS", requirements)
    before = setup.stamp()
    requirements.write_text("two")
    assert setup.stamp() != before


def test_requirements_name_hashes_and_no_host() -> None:
    for path in (ROOT / "requirements").glob("*.txt"):
        text = path.read_text()
        assert "://" not in text
        pins = [line for line in text.splitlines() if "==" in line and not line.startswith(" ")]
        assert pins
        assert all(line.endswith("\\") for line in pins), "a pin without hashes"


def test_make_lists_its_targets() -> None:
    done = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True)
    for target in ("demo", "demo-reset", "test", "check", "bench", "lock", "fmt"):
        assert f"\n{target}\t" in f"\n{done.stdout}"
