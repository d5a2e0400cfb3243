"""Throw the demo's data away: `make demo-reset`."""

import shutil
import sys

from smartsvar.demo.environment import VAR
from smartsvar.demo.lock import AlreadyRunning, only_demo


def main() -> int:
    try:
        with only_demo("demo-reset"):
            there = VAR.exists()
            if there:
                shutil.rmtree(VAR)
    except AlreadyRunning as other:
        print(f"The demo is running ({other}). Stop it with Ctrl-C first.", file=sys.stderr)
        return 1
    print("The demo's data is gone; `make demo` starts afresh." if there else "Nothing to remove.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
