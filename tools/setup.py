"""Make .venv with the hash-locked packages; `make` runs it before everything else.

Standard library only: it runs with the machine's Python before any package is there. A stamp in
.venv makes later runs free; a changed requirements file, Python or folder makes a new sync.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / ".stamp"
LOG = VENV / "setup.log"
REQUIREMENTS = ROOT / "requirements" / "dev.txt"
UV_REQUIREMENTS = ROOT / "requirements" / "uv.txt"

NETWORK_SIGNS = (
    "name or service not known",
    "temporary failure in name resolution",
    "failed to establish a new connection",
    "connection refused",
    "network is unreachable",
    "dns error",
    "nodename nor servname",
    "error sending request",
    "timed out",
    "proxyerror",
    "could not find a version that satisfies",
)


class SetupError(Exception):
    """What to tell the person at the terminal, in a line or two."""


def main() -> int:
    try:
        with (ROOT / ".venv.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # two makes at once: the second finds all done
            if not is_current():
                set_up()
    except SetupError as error:
        print(error, file=sys.stderr)
        return 1
    except PermissionError as error:
        print(
            f"{error.filename} belongs to somebody else; remove it or use its owner.",
            file=sys.stderr,
        )
        return 1
    return 0


def is_current() -> bool:
    return STAMP.is_file() and PYTHON.exists() and STAMP.read_text() == stamp()


def stamp() -> str:
    """What the environment was made from. Scripts in it name its folder, so that counts too."""
    files = (REQUIREMENTS, UV_REQUIREMENTS)
    hashes = [hashlib.sha256(path.read_bytes()).hexdigest() for path in files]
    return "\n".join([str(VENV), wanted_python(), *hashes])


def wanted_python() -> str:
    """Only a named PYTHON rebuilds an environment; else whichever made it stays good."""
    if "PYTHON" in os.environ or not (VENV / "pyvenv.cfg").is_file():
        return this_python()
    lines = (VENV / "pyvenv.cfg").read_text().splitlines()
    versions = [line.partition("=")[2].strip() for line in lines if line.startswith("version ")]
    return ".".join(versions[0].split(".")[:2]) if versions else "0.0"


def this_python() -> str:
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def set_up() -> None:
    print("Setting up .venv (a minute the first time) …", flush=True)
    if not usable():
        make_venv()
    STAMP.unlink(missing_ok=True)
    LOG.write_text("")
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "install", "--require-hashes"]
    # The machine's certificates: a company's proxy signs with one that only they know.
    uv = [str(PYTHON), "-m", "uv", "--no-python-downloads", "--system-certs", "pip", "sync"]
    if not (
        attempt([*pip, "-r", str(UV_REQUIREMENTS)])
        and attempt(
            [
                *uv,
                "--require-hashes",
                "--compile-bytecode",  # else each process compiles Django anew where none may write
                "--python",
                str(PYTHON),
                str(REQUIREMENTS),
                str(UV_REQUIREMENTS),
            ]
        )
    ):
        print("uv cannot be used here; trying plain pip, which takes longer …", flush=True)
        if not attempt([*pip, "-r", str(REQUIREMENTS)]):
            raise SetupError(explanation(LOG.read_text()))
    STAMP.write_text(stamp())


def usable() -> bool:
    """Whether .venv belongs to this folder and Python, and its interpreter starts."""
    if not PYTHON.exists() or tuple(map(int, wanted_python().split("."))) < (3, 11):
        return False
    made_by = subprocess.run(
        [PYTHON, "-c", "import sys, pip; print(sys.prefix, '%d.%d' % sys.version_info[:2])"],
        capture_output=True,
        text=True,
    )
    return made_by.returncode == 0 and made_by.stdout.strip() == f"{VENV} {wanted_python()}"


def make_venv() -> None:
    made = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", VENV], capture_output=True, text=True
    )
    if made.returncode:
        detail = (made.stdout + made.stderr).strip()
        if "ensurepip" in detail:
            raise SetupError(
                f"This Python cannot make environments; install its venv part "
                f"(on Debian: apt install python{this_python()}-venv) and try again."
            )
        raise SetupError(f"Cannot make {VENV}: {last_line(detail)}")


def attempt(command: list[str]) -> bool:
    """Run an installer quietly; its words go to the log."""
    with LOG.open("a") as log:
        return subprocess.run(command, stdout=log, stderr=log, cwd=ROOT).returncode == 0


def explanation(log: str) -> str:
    if any(sign in log.lower() for sign in NETWORK_SIGNS):
        return (
            "The packages could not be fetched. The first run needs the network: connect this\n"
            f"machine (or point pip at a mirror) and try again. Details: {LOG}"
        )
    return f"The packages could not be installed: {last_line(log)}\nDetails: {LOG}"


def last_line(text: str) -> str:
    return (text.strip().splitlines() or ["no reason given"])[-1]


if __name__ == "__main__":
    sys.exit(main())
