"""What was just marked in a list can be unmarked, for a few minutes, by whoever marked it.

The ids wait in the session, which is the member's own: a form of the next list gives them back.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from customers.models import Member
from messages.handling import Mark

NAME = "marked"
WITHIN = timedelta(minutes=10)
OPPOSITE = {
    Mark.HANDLED: Mark.UNHANDLED,
    Mark.UNHANDLED: Mark.HANDLED,
    Mark.READ: Mark.UNREAD,
    Mark.UNREAD: Mark.READ,
}


def offer_undo(session: Any, ids: list[UUID], as_: Mark, *, by: Member, at: datetime) -> None:
    """Remember which messages were marked; of none there is nothing to undo."""
    session.pop(NAME, None)
    if ids:
        session[NAME] = {
            "mark": str(OPPOSITE[as_]),
            "chosen": [each.hex for each in ids],
            "member": by.pk.hex,
            "until": (at + WITHIN).timestamp(),
        }


def offered_undo(session: Any, *, to: Member, at: datetime) -> dict[str, Any] | None:
    """Return the mark and the ids that would undo what this member just did; only once."""
    offer: dict[str, Any] | None = session.pop(NAME, None)
    fits = offer and offer["member"] == to.pk.hex and at.timestamp() < offer["until"]
    return offer if fits else None
