"""An account's erasure whose worker is killed again and again: the same end as if it never was."""

import time
from random import Random

from drill.killing import pass_leases
from drill.places import Grounds, Place
from drill.report import Report

ERASURES = "UPDATE privacy_erasure SET lease_until = '2000-01-01 00:00:00+00:00'"
LONGEST = 0.1  # seconds between the first intent in the ledger and the kill, at most
MOST = 0.8  # of the kills must have met it at work


def run(report: Report, ground: Grounds, rows: int, kills: int, *, seed: int) -> None:
    """Erase one of four customers, with `rows` calls and a tenth as many messages."""
    place = ground.empty("erased")
    chance = Random(seed)  # noqa: S311 (when to kill)
    first = place.step("fill", rows, rows // 10)[0]
    erasure, mine, counted = place.step("ask_account", first)
    before = place.survey()["rows"]
    keys = {before[row]["key"] for row in mine}  # with what hangs on its calls and messages
    others = {row for row, fact in before.items() if fact["key"] not in keys}
    met = [_kill_once(ground, place, erasure, chance.uniform(0, LONGEST)) for _ in range(kills)]
    alive = met.count("at work")
    report.check(
        f"{alive} of {kills} kills met an erasure at work",
        [] if alive >= MOST * kills else ["too few: it was done before"],
    )
    _pass_all(ground, place)
    place.manage("purge")
    process = place.start("-m", "drill.erasing", erasure, log=place.logs / "erasing.log")
    report.check("it ends when it is left alone", [] if process.wait(600) == 0 else ["it does not"])
    after = set(place.survey()["rows"])
    report.check(
        f"all of its {len(mine)} rows are gone, and none of {len(others)} others",
        [f"{len(after & set(mine))} left"] * bool(after & set(mine))
        + [f"{len(others - after)} others gone"] * bool(others - after),
    )
    said = place.step("erased", erasure, mine, counted)
    report.check(
        f"the certificate counts {said['certified']} rows as its preview did, each noted once",
        [f"{count} {name}" for name, count in said["wrong"].items() if count],
    )
    place.take_down()


def _kill_once(ground: Grounds, place: Place, erasure: str, seconds: float) -> str:
    """Start the worker, kill it `seconds` after its first intent; return how it was met."""
    known = len(place.ledger.names())
    process = place.start("-m", "drill.erasing", erasure, log=place.logs / "erasing.log")
    deadline = time.monotonic() + 60
    while (
        len(place.ledger.names()) == known
        and process.poll() is None
        and time.monotonic() < deadline
    ):
        time.sleep(0.001)
    time.sleep(seconds)
    process.kill()
    met = "at work" if process.wait() == -9 else "ended"
    _pass_all(ground, place)
    place.manage("purge")  # which finishes the batch that was claimed
    return met


def _pass_all(ground: Grounds, place: Place) -> None:
    pass_leases(ground, place)
    ground.databases["main"].run_sql(place.main, ERASURES)
