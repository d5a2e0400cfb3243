"""Play the drills: `python -m drill restore [SCENARIO…]`, `python -m drill faults [FAULT…]`."""

import sys

from drill import faults, scenarios
from drill.story import Amounts


def main(arguments: list[str]) -> int:
    match arguments:
        case ["restore", *names] if set(names) <= scenarios.SCENARIOS.keys():
            return scenarios.run(names, Amounts())
        case ["faults", *names] if set(names) <= faults.FAULTS.keys():
            return faults.run(names)
        case _:
            for what, known in (("restore", scenarios.SCENARIOS), ("faults", faults.FAULTS)):
                print(f"python -m drill {what}: {', '.join(known)}", file=sys.stderr)
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
