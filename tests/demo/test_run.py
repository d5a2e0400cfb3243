"""`make demo`'s command as a newcomer meets it: on ports and in a folder of its own."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest

from smartsvar.demo.children import free_ports, listen
from tests.deploy.compose import ROOT
from tools.throwaway import inherited

pytestmark = pytest.mark.skipif(
    os.environ["TEST_STACK"] != "sqlite", reason="the demo brings its own SQLite and Valkey"
)


@dataclass
class Running:
    process: subprocess.Popen[str]
    output: Path
    url: str
    env: dict[str, str]

    @property
    def said(self) -> str:
        return self.output.read_text()


def command(name: str, env: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    program = [sys.executable, "-m", f"smartsvar.demo.{name}"]
    return subprocess.run(program, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)


def start(folder: Path) -> Running:
    (port,) = free_ports(1)
    env = inherited() | {"VAR_DIR": str(folder / "var"), "PORT": str(port)}
    output = folder / "output"
    with output.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "smartsvar.demo.run"],
            cwd=ROOT,
            env=env,
            stdout=out,
            stderr=subprocess.STDOUT,
            text=True,
        )
    running = Running(process, output, f"http://127.0.0.1:{port}", env)
    while "Ctrl-C ends" not in running.said:
        assert process.poll() is None, running.said
        time.sleep(0.1)
    return running


def family_of(running: Running) -> list[psutil.Process]:
    family: list[psutil.Process] = psutil.Process(running.process.pid).children(recursive=True)
    assert len(family) >= 8, "web and worker with children, beat, Valkey, SMTP"
    return family


def gone(family: list[psutil.Process], *, within: float) -> bool:
    _, alive = psutil.wait_procs(family, timeout=within)
    return not alive


@pytest.fixture(scope="module")
def first_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder that a first run, ended with Ctrl-C, leaves."""
    folder = tmp_path_factory.mktemp("first")
    running = start(folder)
    family = family_of(running)
    running.process.send_signal(signal.SIGINT)
    assert running.process.wait(30) == 0
    assert gone(family, within=15)
    return folder / "var"


@pytest.fixture(scope="module")
def demo(first_run: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("demo")
    shutil.copytree(first_run, folder / "var")
    running = start(folder)
    yield running
    running.process.terminate()
    running.process.wait(30)


def test_the_printed_curl_line_works_when_pasted(demo: Running) -> None:
    line = re.search(r"curl -sS .*", demo.said)
    assert line
    # -w: the status on a line of its own after the answer.
    pasted = subprocess.run(
        ["sh", "-c", f"{line[0]} -w '\\n%{{http_code}}'"], capture_output=True, text=True
    )
    assert pasted.stderr == "", "curl must be there, and quiet"
    assert pasted.stdout.splitlines()[-1] == "201", pasted.stdout


@pytest.mark.parametrize("address", ["mina-sidor", "admin", "api/v1/docs", "demo/mail"])
def test_the_printed_addresses_answer(demo: Running, address: str) -> None:
    printed = f"{demo.url}/{address}/"
    assert printed in demo.said
    assert httpx.get(printed, follow_redirects=True, timeout=60).status_code == 200


def test_a_printed_login_signs_in(demo: Running) -> None:
    logins = re.findall(r"^  (\S+@\S+) +(\S+) +\S", demo.said, re.MULTILINE)
    assert len(logins) >= 4
    email, password = logins[0]
    with httpx.Client(base_url=demo.url, timeout=60) as browser:
        form = browser.get("/konto/login/").text
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)
        assert token
        answer = browser.post(
            "/konto/login/",
            data={"login": email, "password": password, "csrfmiddlewaretoken": token[1]},
        )
    assert answer.status_code == 302


def test_management_commands_reach_its_data(demo: Running) -> None:
    done = command("manage", demo.env)  # without a name: the list of commands
    assert done.returncode == 0
    shown = subprocess.run(
        [sys.executable, "-m", "smartsvar.demo.manage", "purge", "--dry-run"],
        cwd=ROOT,
        env=demo.env,
        capture_output=True,
        text=True,
    )
    assert shown.returncode == 0, shown.stderr
    assert "recordings.Recording" in shown.stdout


def test_a_second_one_is_told_of_the_first(demo: Running) -> None:
    second = command("run", demo.env)
    assert second.returncode == 1
    assert second.stderr.strip() == (
        f"The demo is already running here (process {demo.process.pid}, {demo.url}/)."
    )


def test_its_data_is_not_thrown_away_under_it(demo: Running) -> None:
    refused = command("reset", demo.env)
    assert refused.returncode == 1
    assert "Stop it with Ctrl-C first" in refused.stderr


def test_a_taken_port_is_a_clear_line(tmp_path: Path) -> None:
    with listen() as taken:
        port = str(taken.getsockname()[1])
        done = command("run", inherited() | {"VAR_DIR": str(tmp_path / "var"), "PORT": port})
    assert done.returncode == 1
    assert done.stderr.strip() == (
        f"Port {port} cannot be used (Address already in use); choose another: make demo PORT=8001"
    )
    assert not (tmp_path / "var").exists()


def test_secrets_are_made_once_and_closed_to_others(demo: Running) -> None:
    var = Path(demo.env["VAR_DIR"])
    assert var.stat().st_mode & 0o777 == 0o700
    assert (var / "demo.env").stat().st_mode & 0o777 == 0o600


def test_nothing_outlives_it_and_its_data_is_kept(first_run: Path, tmp_path: Path) -> None:
    shutil.copytree(first_run, tmp_path / "var")
    killed = start(tmp_path)
    family = family_of(killed)
    killed.process.kill()
    killed.process.wait()
    assert gone(family, within=20)

    again = start(tmp_path)
    assert (tmp_path / "var/demo.env").read_text() == (first_run / "demo.env").read_text()
    family = family_of(again)
    (smtp,) = [child for child in family if "smartsvar.demo.sink" in child.cmdline()]
    smtp.kill()
    assert again.process.wait(30) == 1
    assert "smtp has ended (exit -9); stopping the rest." in again.said
    assert gone(family, within=15)

    assert command("reset", again.env).returncode == 0
    assert not (tmp_path / "var").exists()
