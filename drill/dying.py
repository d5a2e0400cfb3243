"""A purge that stops at a chosen point, to be killed there: `python -m drill.dying POINT SIGN`."""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smartsvar.settings")
django.setup()

from privacy.purging.purge import purge  # noqa: E402
from smartsvar.clock import database_now  # noqa: E402

POINTS = {  # the step that is not reached
    "intent": "smartsvar.shredding.actions.shred_keys",
    "keys": "smartsvar.shredding.actions._delete_bytes",
    "bytes": "smartsvar.shredding.actions._finish",
}


def purge_until(point: str, sign: str) -> dict[str, int]:
    """Purge what is due up to `point`, make the file `sign`, and wait to be killed."""
    with patch(POINTS[point], _waiting(Path(sign))):
        return purge(database_now())


def _waiting(sign: Path) -> Callable[..., Any]:
    def wait(*_: Any, **__: Any) -> None:
        sign.touch()
        time.sleep(600)

    return wait


if __name__ == "__main__":
    purge_until(*sys.argv[1:])
