"""Find a Chromium that starts, or get one; the journeys need it and are never skipped."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator

from playwright.sync_api import sync_playwright

from smartsvar.demo.children import StartError

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium() -> str:
    """Path of a Chromium.

    Looks for one on the machine, then in Playwright's own folder; else installs Debian's as root,
    else has Playwright fetch its own. Raises StartError when all of that fails.
    """
    found = _installed()
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        print("No Chromium here: installing Debian's …", flush=True)
        _run("apt-get", "update", "-q")
        _run("apt-get", "install", "-qy", "--no-install-recommends", "chromium")
        found = _installed()
    if found is None:
        print("No Chromium here: fetching Playwright's …", flush=True)
        _run(sys.executable, "-m", "playwright", "install", "chromium")
        found = _installed()
    if found is None:
        raise StartError(
            "No browser: the journeys need a Chromium. None is installed, and neither apt-get (as\n"
            "root) nor `playwright install chromium` brought one that starts. Install the package\n"
            "chromium, or set CHROMIUM_PATH."
        )
    return found


def _installed() -> str | None:
    return next((path for path in _candidates() if path and _starts(path)), None)


def _candidates() -> Iterator[str | None]:
    yield os.environ.get("CHROMIUM_PATH")
    yield from map(shutil.which, NAMES)
    with sync_playwright() as playwright:  # its own, if it was ever fetched
        yield playwright.chromium.executable_path


def _starts(path: str) -> bool:
    """A browser that is there but lacks a system library is no browser."""
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=30).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _run(*command: str) -> None:
    """Run an installer; what it achieved is judged by looking again, so its failure only prints."""
    try:
        subprocess.run(
            command, env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"}, timeout=600
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        print(error, file=sys.stderr)
