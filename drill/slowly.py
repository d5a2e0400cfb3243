"""manage.py in small steps with pauses, so that there is a middle in which to be killed.

`python -m drill.slowly rotate_keys --customers`. The work and its order are the real ones.
"""

import os
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smartsvar.settings")
django.setup()

from django.core.management import call_command  # noqa: E402

from smartsvar.vault.rotation import moving, pace, reindexing, root  # noqa: E402

PAUSE = 0.05  # seconds


def slow_down() -> None:
    """Take few keys and rows at a time."""
    root.BATCH = 2
    moving.BATCH = reindexing.BATCH = 10
    pace.breathe = lambda: time.sleep(PAUSE)


if __name__ == "__main__":
    slow_down()
    call_command(*sys.argv[1:])
