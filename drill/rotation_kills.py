"""Rotations killed again and again, of the root and of every customer's keys, beside a reader."""

import base64
import json
import os
import secrets
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random

from drill.places import Grounds, Place
from drill.report import Report
from drill.restoring import START, starts
from drill.survey import Survey, differences, errors, expected

PATIENCE = 180  # seconds for the process to begin its work
LATEST = {"--root": 0.25, "--customers": 1.5}  # seconds of work before the kill
SPREAD = 75  # seconds after which every process knows of a new key
WORK = ("customer keys:", "record keys", "new keys made", "waiting", "indexes")


def run(report: Report, ground: Grounds, kills: int, *, seed: int) -> None:
    """Rotate root and customers' keys, killed `kills` times each; then take the old root away."""
    place = ground.empty("rotated")
    place.step("fill", 6, 30)
    place.step("open_more", 4 * kills)  # so that there is a middle of the root's rotation, too
    before = place.survey()
    backup = ground.folder / "keys-before-rotation.backup"
    ground.databases["keys"].back_up(place.keys, backup)
    place.take_down()
    old, new = os.environ["ROOT_KEY"], base64.b64encode(secrets.token_bytes(32)).decode()
    place.settings |= {"ROOT_KEY": new, "ROOT_KEY_PREVIOUS": old}
    chance = Random(seed)  # noqa: S311 (when to kill)
    with reading(report, place, before):
        for what in ("--root", "--customers"):
            _kill_often(report, place, what, kills, chance)
    _compare(report, place, before, "with both roots")
    place.settings["ROOT_KEY_PREVIOUS"] = ""
    starts(report, place)
    _compare(report, place, before, "without the old root")
    _old_backup(report, ground, place, before, backup)


@contextmanager
def reading(report: Report, place: Place, before: Survey) -> Iterator[None]:
    """Have a process read everything all the time; any failed read differs."""
    log, known = place.logs / "reader.log", place.logs / "before.json"
    known.write_text(json.dumps(before))
    reader = place.start("-m", "drill.reader", str(known), log=log)
    try:
        yield
    finally:
        ended = reader.poll()
        reader.terminate()
        reader.wait(30)
    lines = log.read_text(errors="replace").splitlines()
    failed = [line for line in lines if line.startswith("FAILED")]
    rounds = sum(line.startswith("round") for line in lines)
    trouble = [f"the reader ended with {ended}", *lines[-3:]] if ended is not None else []
    trouble += [f"{len(failed)} reads failed", *failed[:3]] if failed else []
    each = len(before["rows"]) + len(before["audio"])
    report.check(
        f"a reader beside it: {rounds} rounds, {rounds * each:,} reads, none failed",
        trouble or ([] if rounds else ["it never read everything"]),
    )


def _kill_often(report: Report, place: Place, what: str, kills: int, chance: Random) -> None:
    met = []
    for number in range(kills):
        if what == "--customers" and number == kills // 2:
            time.sleep(SPREAD)  # so that the later kills meet the later parts of the work
        met.append(_kill_once(place, what, chance.uniform(0, LATEST[what])))
    for words in met:
        report.note(f"rotate_keys {what} ended at “{words}”")
    ended = [words for words in met if words.startswith("exit")]
    report.check(
        f"{kills - len(ended)} of {kills} kills met rotate_keys {what} at work",
        ["not one of them"] if len(ended) == kills else [],
    )
    outcome = place.run("manage.py", "rotate_keys", what)
    last = outcome.stdout.splitlines()[-4:]
    report.check(f"rotate_keys {what} carries on to the end", last if outcome.returncode else [])
    for line in last:
        report.note(line)


def _kill_once(place: Place, what: str, seconds: float) -> str:
    """Kill a rotation `seconds` after its work began; return the last that it said."""
    log = place.logs / "rotation.log"
    log.unlink(missing_ok=True)
    process = place.start("-u", "-m", "drill.slowly", "rotate_keys", what, log=log)
    deadline = time.monotonic() + PATIENCE
    while process.poll() is None and time.monotonic() < deadline and not _works(log):
        time.sleep(0.02)
    _wait(process, seconds)
    process.kill()
    code = process.wait()
    said = log.read_text(errors="replace").strip().splitlines() or [""]
    return said[-1] if code == -9 else f"exit {code}: {said[-1]}"


def _works(log: Path) -> bool:
    return any(word in log.read_text(errors="replace") for word in WORK)


def _wait(process: "subprocess.Popen[str]", seconds: float) -> None:
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        pass


def _compare(report: Report, place: Place, before: Survey, when: str) -> None:
    place.take_down()
    seen = place.survey()
    want = expected(before, before, before)
    report.check(
        f"{when}: {len(want.readable)} rows open and say the same, {len(want.audio)} recordings "
        "play with the same SHA-256",
        differences(want, seen),
    )


def _old_backup(
    report: Report, ground: Grounds, place: Place, before: Survey, backup: Path
) -> None:
    """A backup of the key store from before must be worthless to whoever has the new root alone."""
    keys = ground.put_back("keys", backup, "keys_before")
    with_old_keys = ground.place("rotated_back", place.main, keys)
    place.storage.copy_to(with_old_keys.storage)
    place.ledger.copy_to(with_old_keys.ledger)
    with_old_keys.settings |= {"ROOT_KEY": place.settings["ROOT_KEY"], "ROOT_KEY_PREVIOUS": ""}
    outcome = with_old_keys.run("-c", START)
    said = [line for line in outcome.stdout.splitlines() if "root" in line.lower()]
    trouble = ["it starts"] if not outcome.returncode else []
    report.check("the key store's backup from before: the service refuses to start", trouble)
    for line in said[:1]:
        report.note(f"“{line}”")
    counts = errors(with_old_keys.survey(), before["rows"])
    with_old_keys.take_down()
    report.check(
        f"nothing opens of it with the new root alone: {counts}",
        ["something opens"] if counts.get("opens") else [],
    )
