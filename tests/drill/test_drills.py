"""The drills themselves, small: `make drill` and `make faults` play them in full."""

from drill import planted
from drill.places import grounds
from drill.report import Report
from drill.restoring import compares, put_up, refuses, replays, starts, wanted
from drill.story import Amounts, play


def test_both_databases_restored_are_refused_replayed_and_whole() -> None:
    report = Report()
    with grounds() as ground:
        story = play(ground, Amounts(calls=1, messages=1, deleted=1))
        place = put_up(story, "both", story.first, story.first, story.first)
        refuses(report, place)
        replays(report, place, "--accept-older")
        starts(report, place)
        compares(report, place, wanted(story, story.first, story.first))
    assert (report.failures, report.checks) == (0, 4)


def test_fifty_planted_strings_lie_nowhere_in_clear() -> None:
    report = Report()
    with grounds() as ground:
        planted.run(report, ground, 50, seed=50)
    assert (report.failures, report.checks) == (0, 4)
