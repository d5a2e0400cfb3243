"""A purge worker killed again and again: nothing stays, nothing is lost, all is noted once."""

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


def run(report: Report, ground: Grounds, rows: int, kills: int, *, seed: int) -> None:
    """Make `rows` rows due in as many parts as there are kills; kill the worker over each."""
    place = ground.empty("purged")
    chance = Random(seed)  # noqa: S311 (when to kill)
    place.step("fill", rows // 40, rows // 4)
    part = rows // kills
    doomed: set[str] = set()
    before = place.survey()
    met: list[str] = []
    for _ in range(kills):
        doomed |= set(place.step("age_many", part // 10, part - part // 10))
        met.append(_kill_once(place, chance.uniform(0, LONGEST)))
        pass_leases(ground, place)
    report.note(f"{kills} kills met: {', '.join(f'{met.count(m)} {m}' for m in sorted(set(met)))}")
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
    place.take_down()


def _kill_once(place: Place, seconds: float) -> str:
    """Nudge a worker, kill it `seconds` after its first intent; return how its work was left."""
    log = place.logs / "purge-worker.log"
    log.unlink(missing_ok=True)
    worker = place.start(*WORKER, *ALONE, "--loglevel=INFO", log=log)
    deadline = time.monotonic() + 60
    while READY not in log.read_text(errors="replace") and time.monotonic() < deadline:
        time.sleep(0.05)
    known = len(place.ledger.names())
    place.step("nudge")
    while len(place.ledger.names()) == known and time.monotonic() < deadline:
        time.sleep(0.001)
    time.sleep(seconds)
    worker.kill()
    worker.wait()
    return str(place.step("where"))
