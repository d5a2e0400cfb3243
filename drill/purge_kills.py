"""Two purge workers killed again and again: nothing stays, nothing is lost, all is noted once."""

import subprocess
import time
from random import Random

from drill.killing import pass_leases, without
from drill.places import Grounds, Place
from drill.planted import WORKER
from drill.report import Report
from drill.survey import differences, expected

ALONE = ("--queues=celery", "--without-mingle", "--without-gossip")
READY = '"logger": "celery.apps.worker"'  # the only thing that this logger says at the level INFO
LONGEST = 0.04  # seconds between the first intent in the ledger and the kill, at most
SOON = 0.15  # seconds between a nudge and the kill, at most
IDLE = "after the end"
SOONER = 0.8  # times as long is waited after a kill that came too late
MOST = 0.8  # of the kills must have met a purge at work
PAIR = 2


def run(report: Report, ground: Grounds, rows: int, kills: int, *, seed: int) -> None:
    """Make `rows` recordings due in as many parts as there are kills; kill a worker over each."""
    place = ground.empty("purged")
    chance = Random(seed)  # noqa: S311 (when and whom to kill)
    place.step("fill", rows // 4 + 5, rows // 40 + 5)
    part = rows // kills
    doomed: set[str] = set()
    before = place.survey()
    met: list[str] = []
    haste = 1.0
    workers = [_start(place, number) for number in range(PAIR)]
    for _ in range(kills):
        doomed |= set(place.step("age_many", part, part // 10))
        victim = chance.randrange(PAIR)
        met.append(_kill_once(place, workers[victim], chance, haste))
        haste *= SOONER if met[-1] == IDLE else 1
        workers[victim] = _start(place, victim)
        pass_leases(ground, place)  # the survivor's, too: it loses its job to the next
    for worker in workers:
        worker.terminate()
        worker.wait(600)  # it finishes the purge that it is at
    alive = kills - met.count(IDLE)
    report.check(
        f"{kills} kills met: {', '.join(f'{met.count(m)} {m}' for m in sorted(set(met)))}",
        [] if alive >= MOST * kills else ["too few of them met a purge at work"],
    )
    pass_leases(ground, place)
    place.manage("purge")
    want = expected(before, before, without(before, doomed))
    report.check(
        f"of {len(before['rows'])} rows {len(want.gone)} are gone with {len(want.gone_keys)} keys, "
        f"{len(want.readable)} open and say the same",
        differences(want, place.survey()),
    )
    left = {name: count for name, count in place.step("leftovers", sorted(doomed)).items() if count}
    report.check(
        f"0 due, 0 orphans of keys and bytes, 0 jobs; each of {len(doomed)} rows noted once",
        [f"{count} {name}" for name, count in left.items()],
    )
    _receipts(report, place, len(doomed))
    place.take_down()


def _receipts(report: Report, place: Place, count: int) -> None:
    said = place.step("receipts")
    wrong = [f"{said[name]} {name}" for name in ("faults", "unsigned") if said[name]]
    wrong += [f"they say {said['deleted']}"] if said["deleted"] != count else []
    report.check(f"{said['receipts']} signed receipts hold and say {count} deletions", wrong)


def _start(place: Place, number: int) -> "subprocess.Popen[str]":
    """Start a worker and return it once it takes tasks."""
    log = place.logs / f"purge-worker-{number}.log"
    log.unlink(missing_ok=True)
    name = f"--hostname=purge{number}@drill"
    worker = place.start(*WORKER, *ALONE, name, "--loglevel=INFO", log=log)
    deadline = time.monotonic() + 60
    while READY not in log.read_text(errors="replace") and time.monotonic() < deadline:
        time.sleep(0.05)
    return worker


def _kill_once(place: Place, worker: "subprocess.Popen[str]", chance: Random, haste: float) -> str:
    """Nudge both workers, kill one; return how all was left.

    Every other time soon after the next intent in the ledger, else at any time after the nudge:
    while rows are being claimed, and before the intent.
    """
    known = len(place.ledger.names())
    for _ in range(PAIR):
        place.step("nudge")
    if chance.random() < 0.5:
        deadline = time.monotonic() + 60
        while len(place.ledger.names()) == known and time.monotonic() < deadline:
            time.sleep(0.001)
        time.sleep(chance.uniform(0, LONGEST * haste))
    else:
        time.sleep(chance.uniform(0, SOON * haste))
    worker.kill()
    worker.wait()
    return str(place.step("where"))


def worked_off(place: Place, seconds: float) -> bool:
    """Wait until the workers have left nothing due and nothing under way; tell whether they did."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if place.step("where") == IDLE and not place.step("receipts")["unsigned"]:
            return True
        time.sleep(0.5)
    return False
