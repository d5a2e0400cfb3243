"""Where the bytes of destroyed keys still lie: database files, write-ahead log, backups."""

import os
import time
from collections.abc import Iterable
from pathlib import Path

from drill.clusters import recycle_wal
from drill.places import Grounds, Place
from drill.report import Report
from drill.search import Needles
from drill.story import Story
from drill.survey import Survey

# A rewrite keeps what a transaction at work elsewhere (an ANALYZE by the server) may still see; the
# schedule rewrites every hour for a day after a deletion.
RUNS, PAUSE = 5, 10.0  # PAUSE in seconds


def wrapped(surveys: Iterable[Survey], gone: set[str]) -> list[bytes]:
    """Return the wrapped bytes of the keys `gone`, as they were noted before."""
    known: dict[str, str] = {}
    for each in surveys:
        known |= each["keys"] | each["customer_keys"]
    return [bytes.fromhex(known[key]) for key in gone]


def look(paths: Iterable[Path], needles: list[bytes]) -> dict[str, int]:
    """Count the needles found in tables and in the write-ahead log, as bytes or in hex (a dump)."""
    of_form = {form: each for each in needles for form in (each, each.hex().encode())}
    search, found = Needles(of_form), {"tables": set[bytes](), "log": set[bytes]()}
    for path in paths:
        kind = "log" if path.parent.name == "pg_wal" or path.name.endswith("-wal") else "tables"
        found[kind] |= {of_form[form] for form in search.found_in_file(path)}
    return {kind: len(each) for kind, each in found.items()}


def destroyed_keys(report: Report, story: Story) -> None:
    """Look for the destroyed keys in the key store's files, before and after they are final."""
    moments = (story.first, story.middle)
    now = story.now.survey
    known = {key for m in moments for key in (*m.survey["keys"], *m.survey["customer_keys"])}
    gone = known - now["keys"].keys() - now["customer_keys"].keys()
    needles = wrapped((m.survey for m in moments), gone)
    control = look([story.first.keys, story.middle.keys], needles)["tables"]
    report.check(
        f"control: {control} of {len(needles)} destroyed keys are found in the backups of before",
        [] if control == len(needles) else ["the search does not find what is there"],
    )
    in_key_store(report, story.ground, story.place, needles)


def in_key_store(report: Report, ground: Grounds, place: Place, needles: list[bytes]) -> None:
    """Look in the files of an installation's key store, and after the schedule's finishing too."""

    def seen(when: str) -> dict[str, int]:
        counts = look(ground.databases["keys"].raw_files(place.keys), needles)
        report.note(f"{when}: {counts['tables']} in the tables, {counts['log']} in the log")
        return counts

    last = seen("as they were destroyed")
    if os.environ["TEST_STACK"] == "postgres":
        recycle_wal("keys", 1)
        seen("after a checkpoint")
        for number in range(1, RUNS + 1):
            report.note(f"finish_deletions rewrote the tables: {place.step('finish')}")
            last = seen(f"after run {number} of finish_deletions")
            if not any(last.values()):
                break
            time.sleep(PAUSE)
    left = [f"{count} in the {kind}" for kind, count in last.items() if count]
    report.check(f"none of {len(needles)} destroyed keys is in the key store's files", left)
