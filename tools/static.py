"""Collect the static files once per state of the sources; pages need the manifest that results."""

import fcntl
import hashlib
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "staticfiles"
STAMP = ROOT / ".staticfiles.stamp"  # beside the folder: all in it is served
SOURCES = ("requirements/dev.txt", "smartsvar/settings.py", "static/**/*", "*/static/**/*")


class CollectionFailed(Exception):
    pass


def collect_static(env: Mapping[str, str]) -> None:
    """Bring staticfiles/ up to date. Raises CollectionFailed with the command's last words."""
    with STAMP.open("a+") as stamp:
        fcntl.flock(stamp, fcntl.LOCK_EX)  # two runs at once: the second finds all done
        stamp.seek(0)
        state = _state()
        if stamp.read() == state and (TARGET / "staticfiles.json").is_file():
            return
        done = subprocess.run(
            [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity=0"],
            cwd=ROOT,
            env=env,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            raise CollectionFailed("collectstatic failed:\n" + done.stderr[-2000:])
        stamp.truncate(0)
        stamp.write(state)


def _state() -> str:
    digest = hashlib.sha256()
    for path in sorted(path for source in SOURCES for path in ROOT.glob(source)):
        if path.is_file():
            digest.update(f"{path.relative_to(ROOT)}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()
