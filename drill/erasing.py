"""A worker that carries an erasure on, in small batches, until it is done: to be killed."""

import os
import sys
import time
from uuid import UUID

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smartsvar.settings")
django.setup()

from privacy.erasures import work  # noqa: E402
from privacy.models import Erasure, ErasureState  # noqa: E402
from smartsvar.clock import database_now  # noqa: E402

SMALL = 20  # rows in a batch: many places to die at


def main(erasure: UUID) -> None:
    """Carry it on until it is done."""
    setattr(work, "BATCH", SMALL)  # noqa: B010 (a name that it has from elsewhere)
    while Erasure.objects.get(id=erasure).state != ErasureState.DONE:
        work.carry_on(erasure, database_now())
        time.sleep(0.2)


if __name__ == "__main__":
    main(UUID(sys.argv[1]))
