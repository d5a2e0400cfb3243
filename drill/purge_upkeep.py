"""What may go wrong around the purge: a broker flushed, beat away or doubled, clocks, storage."""

from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

from drill.killing import pass_leases, without
from drill.places import Grounds, Place
from drill.planted import WORKER
from drill.purge_kills import ALONE, worked_off
from drill.report import Report
from drill.survey import Survey, differences, expected


class Upkeep:
    """One installation through all of it; `doomed` is everything that has been due so far."""

    def __init__(self, report: Report, ground: Grounds, rows: int, seed: int) -> None:
        self.report, self.ground, self.rows, self.seed = report, ground, rows, seed
        self.place: Place = ground.empty("upkeep")
        self.place.step("fill", rows, rows)
        self.before: Survey = self.place.survey()
        self.doomed: set[str] = set()

    def doom(self, step: str, *more: int) -> list[str]:
        """Make a fifth of the rows due; return their ids."""
        fifth = self.rows * 4 // 5
        ids: list[str] = self.place.step(step, fifth, fifth, *more)
        self.doomed |= set(ids)
        return ids

    def clean(self, what: str) -> None:
        """Check that exactly the doomed are gone, without a remainder, and each noted once."""
        want = expected(self.before, self.before, without(self.before, self.doomed))
        left = self.place.step("leftovers", sorted(self.doomed))
        found = [f"{count} {name}" for name, count in left.items() if count]
        found += differences(want, self.place.survey())
        self.report.check(f"{what}: {len(self.doomed)} rows gone so far, 0 left, 0 too many", found)


def run(report: Report, ground: Grounds, rows: int, *, seed: int) -> None:
    """Play all faults on an installation of four customers with `rows` calls and messages each."""
    upkeep = Upkeep(report, ground, rows, seed)
    _flushed(upkeep)
    _down(upkeep)
    _ahead(upkeep)
    _shaky(upkeep)
    _receipts(upkeep)
    upkeep.place.take_down()


def _flushed(upkeep: Upkeep) -> None:
    """The broker loses every nudge; then two beats send each of theirs to two workers."""
    place = upkeep.place
    upkeep.doom("age_many")
    place.step("nudge")
    upkeep.report.note(f"{place.step('flush_broker')} nudge lost with the broker")
    with ExitStack() as both:
        for name in ("one", "two"):
            log = place.logs / f"{name}.log"
            worker = place.start(*WORKER, *ALONE, f"--hostname={name}@drill", log=log)
            both.callback(worker.wait)
            both.callback(worker.terminate)
        for _ in range(4):  # two beats, two ticks
            place.step("nudge")
        worked_off(place, 120)
    upkeep.clean("broker flushed, two beats at once")


def _down(upkeep: Upkeep) -> None:
    """Nobody nudges for three days; the first run afterwards catches up."""
    ids = upkeep.doom("age_over_days", 3)
    shown = upkeep.place.step("shown", ids)
    upkeep.report.check(
        f"beat down for 3 days: none of {len(ids)} rows due since is shown",
        [f"{shown} are"] if shown else [],
    )
    upkeep.place.manage("purge")
    upkeep.clean("beat down for 3 days, one run")


def _ahead(upkeep: Upkeep) -> None:
    """A worker whose clock runs ninety days ahead: all else would be due by then."""
    outcome = upkeep.place.run("-m", "drill.ahead")
    said = outcome.stdout.splitlines()
    date = (datetime.now(UTC) + timedelta(days=90)).date().isoformat()
    wrong = [] if any(date in line for line in said) else ["its clock was not ahead", *said[-3:]]
    upkeep.report.check(f"a worker whose clock says {date}", wrong or _failed(outcome.returncode))
    upkeep.clean("nothing early by its clock")


def _failed(code: int) -> list[str]:
    return [f"exit {code}"] if code else []


def _shaky(upkeep: Upkeep) -> None:
    """A storage that fails three of ten deletes, until it does not any more."""
    upkeep.doom("age_many")
    failed = upkeep.place.step("purge_shaky", 0.3, 20, upkeep.seed)
    pass_leases(upkeep.ground, upkeep.place)
    upkeep.place.manage("purge")
    upkeep.report.check(f"{failed} deletes failed", [] if failed else ["none did"])
    upkeep.clean("storage failing 30 % of its deletes")


def _receipts(upkeep: Upkeep) -> None:
    said = upkeep.place.step("receipts")
    wrong = [f"{said[name]} {name}" for name in ("faults", "unsigned") if said[name]]
    if said["deleted"] != len(upkeep.doomed):
        wrong.append(f"they say {said['deleted']} deleted, {len(upkeep.doomed)} were due")
    upkeep.report.check(f"{said['receipts']} signed receipts hold and say the same", wrong)
