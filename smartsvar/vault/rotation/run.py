"""One run over many customers: begin their rotations, and finish every one that is begun."""

import time
from collections.abc import Callable, Collection
from uuid import UUID

from django.db import connections

from smartsvar.vault import finality
from smartsvar.vault.destruction import NotFinal, empty_write_ahead_log
from smartsvar.vault.errors import Place, Unreadable, WrongRoot
from smartsvar.vault.models import CustomerKey, RecordKey
from smartsvar.vault.rotation.steps import (
    Outcome,
    Say,
    Witness,
    begin,
    finish,
    move_records,
    not_begun,
    seconds_left,
    unfinished,
)


class Run:
    """Rotates the keys of the customers in `only`, or of all.

    `say` is told how far it is; `witness` gets each customer's newest key before its old ones are
    destroyed. `wait`: how old a new epoch must be, in seconds, for the old one to go. `lives` tells
    whether a row that did not open is there and nobody is destroying it: the others are no fault.
    """

    def __init__(
        self,
        say: Say,
        witness: Witness,
        lives: Callable[[Place], bool],
        *,
        wait: float,
        only: Collection[UUID] | None = None,
    ) -> None:
        self._say, self._witness, self._lives = say, witness, lives
        self._wait, self._only = wait, only
        self.finished: list[UUID] = []
        self.marked: list[UUID] = []  # the old index key waits for marks under it to expire
        self.broken: dict[UUID, str] = {}  # what was left out, or keeps an old epoch from going

    def begin(self) -> int:
        """Begin the next epochs, for everybody first: all of them then wait together.

        Returns for how many customers. Raises RootUnreachable.
        """
        begun = sum(begin(customer_id) for customer_id in not_begun(self._only))
        self._say(f"new keys made for {begun:,} customers")
        return begun

    def finish(self) -> None:
        """Finish every rotation that is begun. Raises RootUnreachable: then run it again."""
        customers = unfinished(self._only)
        for customer_id in customers:
            self._move(customer_id)
        left = seconds_left(customers, self._wait)
        if left:
            self._say(f"waiting {left:.0f} s: until then a process may remember an old key")
            time.sleep(left)
        for customer_id in customers:
            self._finish(customer_id)
        make_final(self._say)

    def _move(self, customer_id: UUID) -> None:
        try:
            move_records(customer_id, self._say)
        except (Unreadable, WrongRoot) as error:
            self.broken[customer_id] = f"{type(error).__name__}: {error}"

    def _finish(self, customer_id: UUID) -> None:
        try:
            outcome = finish(customer_id, self._say, self._witness, wait=self._wait)
        except (Unreadable, WrongRoot) as error:
            self.broken[customer_id] = f"{type(error).__name__}: {error}"
        else:
            self._note(customer_id, outcome)

    def _note(self, customer_id: UUID, outcome: Outcome) -> None:
        if outcome.finished:
            self.finished.append(customer_id)
        if outcome.marked:
            self.marked.append(customer_id)
        unreadable = [place for place in outcome.unreadable if self._lives(place)]
        restless = [customer_id] if not outcome.settled else []
        faults = {
            "record keys do not open and keep the old key": outcome.damaged,
            "rows do not open and were not indexed again": unreadable,
            "customer's rows were saved with old indexes all the time: run this again": restless,
        }
        said = "; ".join(f"{len(ids)} {what}" for what, ids in faults.items() if ids)
        if said:
            self.broken[customer_id] = said


def make_final(say: Say) -> None:
    """Remove the old keys' bytes from the key store's own files (docs/cryptography.md).

    PostgreSQL: only the customers' keys are rewritten, which locks a small table. What the old ones
    wrapped is worthless without them, and its place is merely freed.
    """
    if connections["keys"].vendor == "postgresql":
        with connections["keys"].cursor() as cursor:
            cursor.execute(f"VACUUM {RecordKey._meta.db_table}")
        if not finality.rewrite(models=[CustomerKey]):
            say("a long transaction holds the customers' keys: run this again to free them")
        return
    try:
        empty_write_ahead_log()
    except NotFinal:
        say("the key store's write-ahead log is being read: run this again to empty it")
