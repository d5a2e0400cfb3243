"""manage.py with the running demo's settings: `make manage ARGS="purge --dry-run"`."""

import json
import os
import sys

from smartsvar.demo.environment import ROOT, RUNNING, clean_environment


def main() -> None:
    try:
        settings = json.loads(RUNNING.read_text())
    except FileNotFoundError:
        sys.exit("Start the demo first: make demo")
    command = [sys.executable, str(ROOT / "manage.py"), *sys.argv[1:]]
    os.execve(sys.executable, command, clean_environment() | settings)


if __name__ == "__main__":
    main()
