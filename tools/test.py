"""The whole suite on both stacks: `make test`.

`make test STACK=sqlite` runs one, `make test ARGS="-k purge"` hands arguments to pytest. What asks
nothing that the stack answers (marked either_stack: a walk for contrast, a broken sound file) runs
on the first stack only; what goes through every door there is (production_stack: each address by
each role, each field of each form) on production's. One stack alone runs everything.
"""

import os
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "test-results"
STACKS = ("sqlite", "postgres")
SHARE = {"sqlite": "not production_stack", "postgres": "not either_stack"}  # when both run
LIMIT = 35 * 60  # seconds a stack may take before it counts as hung


@dataclass(frozen=True)
class Outcome:
    stack: str
    code: int
    seconds: float
    passed: int
    failed: int
    skipped: int

    def __str__(self) -> str:
        verdict = "ok" if self.code == 0 else f"FAILED (exit {self.code})"
        return (
            f"{self.stack:9} {self.passed:5} passed {self.failed:4} failed {self.skipped:4} skipped"
            f"  {self.seconds:5.0f} s  {verdict}"
        )


def run(stack: str, arguments: list[str]) -> Outcome:
    print(f"\n══ {stack}", flush=True)
    report = RESULTS / f"{stack}.xml"
    report.unlink(missing_ok=True)
    services = ["-m", "tests.services", "--stack", stack, "--limit", str(LIMIT), "--"]
    pytest = ["-m", "pytest", "-n", str(workers()), "--dist=worksteal", f"--junitxml={report}"]
    began = time.monotonic()
    code = subprocess.run(
        [sys.executable, *services, sys.executable, *pytest, *arguments], cwd=ROOT
    ).returncode
    return outcome(stack, code, time.monotonic() - began, report)


def workers() -> int:
    return max(2, os.cpu_count() or 1)


def outcome(stack: str, code: int, seconds: float, report: Path) -> Outcome:
    """Totals from pytest's own report; without one nothing ran."""
    if not report.is_file():
        return Outcome(stack, code or 1, seconds, 0, 0, 0)
    suite = next(ElementTree.parse(report).iter("testsuite"))
    total, failures, errors, skipped = (
        int(suite.get(name, 0)) for name in ("tests", "failures", "errors", "skipped")
    )
    failed = failures + errors
    return Outcome(stack, code, seconds, total - failed - skipped, failed, skipped)


def main() -> int:
    RESULTS.mkdir(exist_ok=True)
    wanted = os.environ.get("STACK")
    if wanted and wanted not in STACKS:
        print(f"STACK={wanted}: there are {' and '.join(STACKS)}.", file=sys.stderr)
        return 2
    outcomes: list[Outcome] = []
    for stack in [wanted] if wanted else STACKS:
        share = [] if wanted else ["-m", SHARE[stack]]
        outcomes.append(run(stack, [*sys.argv[1:], *share]))
    print("\n" + "\n".join(map(str, outcomes)))
    return 1 if any(each.code for each in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
