"""Run every measurement, or those named: `python -m bench sealing rotating purging`."""

import os
import sys

import django
from django.core.management import call_command

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smartsvar.settings")
django.setup()

from bench import (  # noqa: E402
    erasing,
    exporting,
    ingest,
    listing,
    pages,
    playing,
    purging,
    rotating,
    sealing,
)

PARTS = {
    "ingest": ingest.run,
    "playing": playing.run,
    "listing": listing.run,
    "pages": pages.run,
    "purging": purging.run,
    "sealing": sealing.run,
    "rotating": rotating.run,
    "exporting": exporting.run,
    "erasing": erasing.run,
}


def main(names: list[str]) -> int:
    unknown = set(names) - PARTS.keys()
    if unknown:
        print(f"No such measurement: {', '.join(sorted(unknown))}. There are: {', '.join(PARTS)}.")
        return 2
    call_command("migrate_all", verbosity=0)
    for name in names or PARTS:
        PARTS[name]()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
