"""What may be restored, and what may have happened to the ledger: `python -m drill restore`."""

import os
from collections.abc import Callable

from drill import clusters, killing, traces
from drill.places import Place, grounds
from drill.report import Report
from drill.restoring import (
    anything,
    compares,
    nothing_opens,
    processes_refuse,
    put_up,
    refuses,
    repair,
    replay_refuses,
    starts,
    wanted,
)
from drill.story import Amounts, Story, play


def nothing_restored(report: Report, story: Story) -> None:
    """The control: a copy of everything as it was at last."""
    now = story.now
    place = put_up(story, "control", now, now, now)
    starts(report, place)
    compares(report, place, wanted(story, now, now))


def both(report: Report, story: Story) -> None:
    """Main database, key store and storage to the same earlier time."""
    first = story.first
    place = put_up(story, "both", first, first, first)
    processes_refuse(report, place)
    want = wanted(story, first, first)
    repair(report, story, place, want, judge=anything)
    needles = traces.wrapped([first.survey], want.gone_keys)
    traces.in_key_store(report, story.ground, place, needles)


def both_clusters(report: Report, story: Story) -> None:
    """Both clusters, from physical backups, as servers of their own."""
    first, place = story.first, story.place
    main, keys = story.copies
    logs = story.ground.folder
    with (
        clusters.started(main, place.main, logs=logs) as main_url,
        clusters.started(keys, place.keys, logs=logs) as keys_url,
    ):
        restored = story.ground.place("physical", main_url, keys_url)
        first.storage.copy_to(restored.storage)
        place.ledger.copy_to(restored.ledger)
        repair(report, story, restored, wanted(story, first, first), judge=anything)
        restored.take_down()


def main_alone(report: Report, story: Story) -> None:
    """The main database to an earlier time; key store and storage go on."""
    first, now = story.first, story.now
    place = put_up(story, "main", first, now, now)
    repair(report, story, place, wanted(story, first, now), judge=nothing_opens)


def keys_alone(report: Report, story: Story) -> None:
    """The key store to an earlier time; later its latest backup turns up."""
    first, now = story.first, story.now
    place = put_up(story, "keys", now, first, now)
    repair(report, story, place, wanted(story, now, first), judge=nothing_opens)
    place.take_down()
    report.note("then the latest backup of the key store is put back:")
    place.keys = story.ground.put_back("keys", now.keys, "keys_again")
    starts(report, place)
    compares(report, place, wanted(story, now, now))


def different_times(report: Report, story: Story) -> None:
    """Both, to different times: each of them once the older one."""
    first, middle, now = story.first, story.middle, story.now
    for name, main, keys in (("older_main", first, middle), ("older_keys", middle, first)):
        report.note(f"main database of {main.name}, key store of {keys.name}:")
        place = put_up(story, name, main, keys, now)
        repair(report, story, place, wanted(story, main, keys), judge=anything)
        place.take_down()


def ledger_missing(report: Report, story: Story) -> None:
    """The ledger is empty: beside databases that were not restored, and that were."""
    for moment in (story.now, story.first):
        report.note(f"databases of {moment.name}, an empty ledger:")
        place = put_up(story, f"lost_{moment.name}", moment, moment, moment)
        for name in place.ledger.names():
            place.ledger.remove(name)
        refuses(report, place)
        replay_refuses(report, place)
        _with_its_ledger(report, story, place)


def ledger_gapped(report: Report, story: Story) -> None:
    """A link is gone from a chain's middle, or from its end; another time one was changed."""
    first = story.first
    for name, damage in (
        ("gapped", _remove_inner),
        ("cut", _remove_last),
        ("changed", _change_one),
    ):
        place = put_up(story, name, first, first, first)
        report.note(f"{name}: {damage(place)}")
        refuses(report, place)
        replay_refuses(report, place)
        compares_untouched(report, place, story)
        _with_its_ledger(report, story, place)


def _longest(place: Place) -> list[str]:
    """Return the links of the longest chain, in their order."""
    names = [name for name in place.ledger.names() if not name.startswith("marks/")]
    chains = [name.split("/")[0] for name in names]
    longest = max(set(chains), key=chains.count)
    return sorted(name for name in names if name.startswith(longest))


def _inner(place: Place) -> str:
    """Return a link that has one before it and one behind it."""
    inner = _longest(place)[1:-1]
    return inner[len(inner) // 2]


def _remove_last(place: Place) -> str:
    name = _longest(place)[-1]
    place.ledger.remove(name)
    return name


def _remove_inner(place: Place) -> str:
    name = _inner(place)
    place.ledger.remove(name)
    return name


def _change_one(place: Place) -> str:
    name = _inner(place)
    body = place.ledger.read(name)
    place.ledger.write(name, body.replace(b'"reason":"re', b'"reason":"RE'))
    return name


def compares_untouched(report: Report, place: Place, story: Story) -> None:
    """On a broken ledger's word nothing is destroyed."""
    seen, was = place.survey(), story.first.survey
    same = all(seen[part] == was[part] for part in ("rows", "audio", "keys", "customer_keys"))
    report.check("nothing was touched", [] if same else ["something is not as it was restored"])


def _with_its_ledger(report: Report, story: Story, place: Place) -> None:
    """Put the whole ledger back; then the repair goes through."""
    story.place.ledger.copy_to(place.ledger)
    report.note("then the whole ledger is put back:")
    if place.name == "lost_now":
        starts(report, place)
        compares(report, place, wanted(story, story.now, story.now))
    else:
        repair(report, story, place, wanted(story, story.first, story.first), judge=anything)
    place.take_down()


SCENARIOS: dict[str, Callable[[Report, Story], None]] = {
    "nothing restored": nothing_restored,
    "both to the same time": both,
    "main alone": main_alone,
    "keys alone": keys_alone,
    "both to different times": different_times,
    "ledger missing": ledger_missing,
    "ledger gapped": ledger_gapped,
    "killed in the middle": killing.killed,
    "destroyed keys in raw files": traces.destroyed_keys,
}


def run(names: list[str], amounts: Amounts) -> int:
    """Play the scenarios named, or all; return the exit code."""
    report = Report()
    physical = os.environ["TEST_STACK"] == "postgres" and not names
    with grounds() as ground:
        report.title("filling, backing up, deleting")
        story = play(ground, amounts, physical=physical)
        for moment in (story.first, story.middle, story.now):
            rows, audio = len(moment.survey["rows"]), len(moment.survey["audio"])
            report.note(f"{moment.name}: {rows} rows, {audio} recordings")
        for name in names or SCENARIOS:
            report.title(name)
            SCENARIOS[name](report, story)
            ground.take_down()
        if physical:
            report.title("both clusters from physical backups")
            both_clusters(report, story)
    return report.conclude("restore")
