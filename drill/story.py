"""The story of an installation: filled, backed up, written to and deleted from, backed up again."""

from dataclasses import dataclass
from pathlib import Path

from drill.clusters import KINDS, take_copy
from drill.moments import Moment, back_up
from drill.places import Grounds, Place


@dataclass(frozen=True)
class Amounts:
    """How much there is: calls and messages per customer, and how many of them are deleted."""

    calls: int = 6
    messages: int = 8
    deleted: int = 2


@dataclass(frozen=True)
class Story:
    """An installation that has been taken down, and three moments of it."""

    ground: Grounds
    place: Place
    first: Moment
    middle: Moment
    now: Moment
    copies: tuple[Path, ...] = ()  # of the clusters, main and keys, as they were at `first`


def play(ground: Grounds, amounts: Amounts, *, physical: bool = False) -> Story:
    """Live through it: first backups, deletions, middle backups, more deletions, the end.

    `physical`: also copy both clusters at the first moment (PostgreSQL).
    """
    place = ground.empty("origin")
    some = amounts.deleted
    ankdamm, cykelhus, hav, ekbacken = place.step("fill", amounts.calls, amounts.messages)
    place.step("delete", ankdamm, 1, 1)
    place.step("mark")
    first = back_up(ground, place, "first")
    copies = tuple(take_copy(kind, ground.folder) for kind in KINDS) if physical else ()

    place.step("more", 2, 2, 1000)
    place.step("delete", ankdamm, some, some)
    place.step("mark")
    middle = back_up(ground, place, "middle")

    place.step("delete", cykelhus, some, some)
    place.step("age", hav, some, some)
    place.step("purge")
    place.step("end_contract", ekbacken)
    place.step("purge")
    place.step("more", 1, 1, 2000)
    place.step("mark")
    now = back_up(ground, place, "now")
    place.take_down()
    return Story(ground, place, first, middle, now, copies)
