"""What a drill does inside an installation, step by step: drill/session.py starts it.

Runs with that installation's settings; takes steps as JSON lines on standard input, and answers
each on the file descriptor of its argument. Keys are forgotten between steps.
"""

import json
import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smartsvar.settings")
django.setup()

from drill import asking, deeds, leftovers, listed, mutating, planting, reading, stock  # noqa: E402
from smartsvar.vault import keys  # noqa: E402

STEPS: dict[str, Callable[..., Any]] = {
    "migrate": deeds.migrate,
    "survey": reading.survey,
    "fill": stock.fill,
    "more": stock.more,
    "open_more": stock.open_more,
    "mark": deeds.mark,
    "delete": deeds.delete_some,
    "age": deeds.age,
    "age_first": deeds.age_first,
    "end_contract": deeds.end_contract,
    "purge": deeds.purge_due,
    "finish": deeds.finish_deletions,
    "mutate": mutating.mutate_all,
    "plant": planting.plant,
    "undelivered": planting.undelivered,
    "work": planting.work,
    "api_key": planting.api_key,
    "age_many": deeds.age_many,
    "nudge": leftovers.nudge,
    "where": leftovers.where,
    "flush_broker": leftovers.flush_broker,
    "receipts": leftovers.receipts,
    "age_over_days": deeds.age_over_days,
    "purge_shaky": deeds.purge_shaky,
    "shown": deeds.shown,
    "leftovers": leftovers.leftovers,
    "ask_account": asking.ask_account,
    "erased": asking.erased,
    "ask_export": listed.ask_export,
    "listed": listed.listed,
}


def answer(name: str, arguments: list[Any]) -> dict[str, Any]:
    """Take one step; return what to say of it."""
    keys.forget_keys()
    try:
        return {"answer": STEPS[name](*arguments)}
    except Exception:
        return {"error": traceback.format_exc()}


def main() -> None:
    with os.fdopen(int(sys.argv[1]), "w") as out:
        for line in sys.stdin:
            name, *arguments = json.loads(line)
            out.write(json.dumps(answer(name, arguments)) + "\n")
            out.flush()


if __name__ == "__main__":
    main()
