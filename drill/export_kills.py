"""An export whose collecting worker is killed again and again: the same list as if it never was."""

import subprocess
import time
from pathlib import Path
from random import Random

from drill.places import Grounds, Place
from drill.report import Report

EXPORTS = "UPDATE privacy_export SET lease_until = '2000-01-01 00:00:00+00:00'"
LONGEST = 0.3  # seconds between the first page and the kill, at most
MOST = 0.8  # of the kills must have met it at work


def run(report: Report, ground: Grounds, rows: int, kills: int, *, seed: int) -> None:
    """Collect everything about one of four customers, with `rows` calls and as many messages."""
    place = ground.empty("exported")
    chance = Random(seed)  # noqa: S311 (when to kill)
    first = place.step("fill", rows, rows)[0]
    audio = place.survey()["audio"]
    export = place.step("ask_export", first)
    met = [_kill_once(ground, place, export, chance.uniform(0, LONGEST)) for _ in range(kills)]
    alive = met.count("at work")
    report.check(
        f"{alive} of {kills} kills met an export being collected",
        [] if alive >= MOST * kills else ["too few: it was collected before"],
    )
    process = _start(place, export, Path(place.settings["ANCHOR_DIR"], "sign"))
    report.check("it ends when it is left alone", [] if process.wait(600) == 0 else ["it does not"])
    said = place.step("listed", export, audio)
    report.check(
        f"each of its {said['rows']} rows is listed once as it was, and lies in the archive",
        [f"{count} {name}" for name, count in said["wrong"].items() if count],
    )
    place.take_down()


def _start(place: Place, export: str, sign: Path) -> "subprocess.Popen[str]":
    sign.unlink(missing_ok=True)
    log = place.logs / "collecting.log"
    return place.start("-m", "drill.collecting", export, str(sign), log=log)


def _kill_once(ground: Grounds, place: Place, export: str, seconds: float) -> str:
    """Start the worker, kill it `seconds` after its first page; return how it was met."""
    sign = Path(place.settings["ANCHOR_DIR"], "sign")
    process = _start(place, export, sign)
    deadline = time.monotonic() + 60
    while not sign.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.001)
    time.sleep(seconds)
    process.kill()
    met = "at work" if process.wait() == -9 else "ended"
    ground.databases["main"].run_sql(place.main, EXPORTS)
    return met
