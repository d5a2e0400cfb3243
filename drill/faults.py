"""The long runs with faults: `python -m drill faults`."""

from collections.abc import Callable

from drill import (
    erasure_kills,
    export_kills,
    mutated,
    planted,
    purge_kills,
    purge_upkeep,
    rotation_kills,
)
from drill.places import Grounds, grounds
from drill.report import Report

SEED = 20261122


def _rotation(report: Report, ground: Grounds) -> None:
    rotation_kills.run(report, ground, 10, seed=SEED)


def _mutations(report: Report, ground: Grounds) -> None:
    mutated.run(report, ground, 100_000, seed=SEED)


def _planted(report: Report, ground: Grounds) -> None:
    planted.run(report, ground, 1000, seed=SEED)


def _purge(report: Report, ground: Grounds) -> None:
    purge_kills.run(report, ground, 20_000, 50, seed=SEED)


def _upkeep(report: Report, ground: Grounds) -> None:
    purge_upkeep.run(report, ground, 500, seed=SEED)


def _erasure(report: Report, ground: Grounds) -> None:
    erasure_kills.run(report, ground, 4000, 50, seed=SEED)


def _export(report: Report, ground: Grounds) -> None:
    export_kills.run(report, ground, 2000, 50, seed=SEED)


FAULTS: dict[str, Callable[[Report, Grounds], None]] = {
    "rotation": _rotation,
    "mutations": _mutations,
    "planted": _planted,
    "purge": _purge,
    "upkeep": _upkeep,
    "erasure": _erasure,
    "export": _export,
}


def run(names: list[str]) -> int:
    """Play the faults named, or all; return the exit code."""
    report = Report()
    with grounds() as ground:
        for name in names or FAULTS:
            report.title(name)
            FAULTS[name](report, ground)
    return report.conclude("faults")
