"""A hundred thousand random mutations of everything that is sealed."""

from drill.places import Grounds
from drill.report import Report


def run(report: Report, ground: Grounds, count: int, *, seed: int) -> None:
    """Try `count` mutations, shared among the kinds of sealed things; none may be accepted."""
    place = ground.empty("mutated")
    found = place.step("mutate", count, seed)
    place.take_down()
    for kind, (tried, refused, unchanged, _) in found.items():
        report.note(f"{kind}: {tried:,} tried, {refused:,} refused, {unchanged:,} changed nothing")
    tried, refused, unchanged = (sum(each[n] for each in found.values()) for n in range(3))
    accepted = [words for each in found.values() for words in each[3]]
    if refused + unchanged + len(accepted) != tried:
        accepted.append("the counts do not add up")
    report.check(f"{tried:,} mutations: {refused:,} refused, none accepted", accepted[:5])
