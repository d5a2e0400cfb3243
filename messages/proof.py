"""What came of each attempt to hand a message over, as it is stored and as it is told."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from messages.models import Delivery
from messages.models.delivery import LEASE

State = Delivery.State
Attempts = list[dict[str, Any]]

# Codes of ours; what a server itself wrote is neither kept nor shown.
REASONS: dict[str, Any] = {
    "no_connection": gettext_lazy("the mail server could not be reached"),
    "no_root_key": gettext_lazy("it could not be opened here for the moment"),
    "no_database": gettext_lazy("it could not be opened here for the moment"),
    "silence": gettext_lazy("it may have arrived"),
    "worker_died": gettext_lazy("the sending was broken off, perhaps after it had gone"),
    "message_gone": gettext_lazy("the message was being deleted"),
    "gone": gettext_lazy("the message was being deleted"),
    "not_shown": gettext_lazy("the reader is not shown this message any more"),
    "recipient_erased": gettext_lazy("there was no address any more"),
    "bad_address": gettext_lazy("the address cannot be written to"),
    "unreadable": gettext_lazy("the message is damaged"),
}
TONES = {State.ACCEPTED: "good", State.UNKNOWN: "warn", State.FAILED: "bad", State.DEAD: "bad"}


def with_attempt(history: Attempts, state: str, code: str, at: datetime) -> Attempts:
    """Return the history with one more attempt. The same again only counts the last one up.

    So that two days without a mail server are one line, and the row stays small.
    """
    moment = at.isoformat()
    last = history[-1] if history else {}
    if (last.get("state"), last.get("code")) == (state, code):
        return [*history[:-1], last | {"last": moment, "count": last["count"] + 1}]
    return [*history, {"state": state, "code": code, "at": moment, "last": moment, "count": 1}]


@dataclass(frozen=True)
class Step:
    """One line of a delivery's story. `until`: the last time of several alike; None of one."""

    at: datetime
    what: str
    tone: str = ""
    why: str = ""
    count: int = 1
    until: datetime | None = None


def story_of(delivery: Delivery) -> list[Step]:
    """Return what has become of a delivery, oldest first, and at the end what it waits for."""
    beginning = Step(delivery.created_at, _("put in the queue"))
    return [beginning, *_attempts(delivery), *_now(delivery)]


def _attempts(delivery: Delivery) -> Iterator[Step]:
    for each in delivery.history:
        first, last = datetime.fromisoformat(each["at"]), datetime.fromisoformat(each["last"])
        count = int(each["count"])
        yield _step(first, each["state"], each["code"], count, last if count > 1 else None)
    if not delivery.history and delivery.settled_at is not None:  # from before there was one
        yield _step(delivery.settled_at, delivery.state, delivery.error, 1, None)


def _step(at: datetime, state: str, code: str, count: int, until: datetime | None) -> Step:
    what = _("not taken; we try again") if state == State.QUEUED else str(State(state).label)
    return Step(at, what, TONES.get(State(state), ""), reason(code), count, until)


def _now(delivery: Delivery) -> Iterator[Step]:
    if delivery.state == State.QUEUED:
        again = bool(delivery.history)
        what = _("next attempt at the earliest") if again else _("waits to be sent")
        yield Step(delivery.next_attempt_at, what)
    elif delivery.state == State.CLAIMED and delivery.lease_until is not None:
        yield Step(delivery.lease_until - LEASE, _("is being sent"))


def reason(code: str) -> str:
    """Return a code of ours in words; "" for none."""
    if code.startswith("smtp_"):
        number = code.removeprefix("smtp_")
        wording = _("code %(code)s")
        if number.startswith("4"):
            wording = _("the mail server asked us to come back later (code %(code)s)")
        return wording % {"code": number}
    if not code:
        return ""
    return str(REASONS.get(code, _("something is wrong with the message itself")))
