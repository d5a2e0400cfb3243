"""A purge killed in the middle: the service starts, and the next run finishes what was begun."""

import time
from pathlib import Path

from drill.places import Grounds, Place
from drill.report import Report
from drill.restoring import compares, put_up, starts
from drill.story import Story
from drill.survey import Survey, expected

POINTS = ("intent", "keys", "bytes")
LEASES = "UPDATE shredding_shredjob SET lease_until = '2000-01-01 00:00:00+00:00'"


def killed(report: Report, story: Story) -> None:
    """Kill a purge after the ledger's intent, after the keys, after the bytes."""
    now = story.now
    for point in POINTS:
        report.note(f"killed after the {point}:")
        place = put_up(story, f"killed_{point}", now, now, now)
        doomed = set(place.step("age_first", 2, 2))
        before = place.survey()
        report.check("kill -9 met a purge at work", kill_at(place, point))
        starts(report, place)
        pass_leases(story.ground, place)
        place.manage("purge")
        compares(report, place, expected(before, before, without(before, doomed)))
        starts(report, place)
        place.take_down()


def kill_at(place: Place, point: str) -> list[str]:
    """Start a purge and kill it at `point`; return what speaks against its having been there."""
    sign = Path(place.settings["ANCHOR_DIR"]) / f"sign-{point}"
    process = place.start("-m", "drill.dying", point, str(sign), log=place.logs / "dying.log")
    deadline = time.monotonic() + 60
    while not sign.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.05)
    process.kill()
    code = process.wait()
    sign.unlink(missing_ok=True)
    return [] if code == -9 else [f"it had ended before, with exit {code}"]


def pass_leases(ground: Grounds, place: Place) -> None:
    """Let the dead worker's leases run out."""
    ground.databases["main"].run_sql(place.main, LEASES)


def without(survey: Survey, doomed: set[str]) -> Survey:
    """Return the survey as it must be when these rows are destroyed, with all under their keys."""
    dead = {survey["rows"][row]["key"] for row in doomed}
    return {
        "rows": {row: fact for row, fact in survey["rows"].items() if fact["key"] not in dead},
        "audio": {row: sha for row, sha in survey["audio"].items() if row not in doomed},
        "keys": {key: each for key, each in survey["keys"].items() if key not in dead},
        "customer_keys": survey["customer_keys"],
        "blobs": survey["blobs"],
    }
