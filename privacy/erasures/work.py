"""Carry erasures out: batch by batch, under a lease and a fence, resumable from any point.

Every batch is a deletion like any other (claim, ledger, keys, bytes, rows, receipts). A worker that
dies leaves at most one claimed batch, which is invisible and which the purge finishes; the erasure
itself goes on with the next run.
"""

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import structlog
from django.db import transaction

from customers.actions.leaving import end_sign_ins
from customers.actions.members import LastAdministrator, guard_last_administrator, note_leavers
from customers.calling import calls_of
from customers.models import Customer, Member, Target
from privacy.erasures.certificate import certify, note_batch
from privacy.erasures.scope import Part, about_of, account_gone, going, mentions_of
from privacy.erasures.steps import close
from privacy.exports.ask import drop_request
from privacy.models import Erasure, ErasureState, Export, Mentions
from privacy.receipts import keys
from smartsvar.audit.actors import SYSTEM, Actor
from smartsvar.audit.trail import record
from smartsvar.clock import database_now
from smartsvar.leases import LostLease, take
from smartsvar.shredding.actions import carry_out
from smartsvar.shredding.claims import BATCH, being_purged, claim_rows
from smartsvar.shredding.followers import keeping
from smartsvar.shredding.models import Held, ShredJob
from smartsvar.unreadable import noticed
from smartsvar.vault.errors import Unreadable, VaultError

log = structlog.get_logger(__name__)

LEASE = timedelta(minutes=10)
NOTED = ("people", "calls")
LEFT = ("waiting",)
LOOK_AGAIN = timedelta(minutes=10)  # how often a hold is asked whether it has ended


class Asker(NamedTuple):
    """Who asked for the erasure, as the trail names them."""

    actor: Actor


def erase_due(at: datetime) -> int:
    """Carry on every erasure whose time has come; return how many were done."""
    ready = list(Erasure.objects.ready(at).values_list("id", flat=True))
    return sum(_guarded(identity, at) == ErasureState.DONE for identity in ready)


def _guarded(identity: UUID, at: datetime) -> str:
    """Carry one on; whatever is wrong with it, the others have their turn."""
    try:
        return carry_on(identity, at)
    except Exception:
        log.exception("erasure failed", object=str(identity))
        return ""


def carry_on(erasure_id: UUID, at: datetime) -> str:
    """Do what is left of one erasure; return the state it comes to, "" if it was not to be done.

    A ledger, storage or root key that cannot be reached leaves it for the next run.
    """
    erasure = _take(erasure_id, at)
    if erasure is None:
        return ""
    try:
        return _work(erasure) if _opens(erasure) else _put_off(erasure)
    except LostLease:
        return ""
    except (OSError, VaultError, keys.NoKey) as error:
        log.error("erasure waits", object=str(erasure.id), error=type(error).__name__)
        _rest(erasure, ErasureState.RUNNING, None)
        return ErasureState.RUNNING


def _opens(erasure: Erasure) -> bool:
    """Whether it says what is to go; if not, nobody can do it: alarmed, and free to take back."""
    try:
        erasure.opened()
    except Unreadable as error:
        noticed(error, erasure.place)
        return False
    return True


def _take(erasure_id: UUID, at: datetime) -> Erasure | None:
    return take(Erasure.objects.ready(at), erasure_id, until=at + LEASE, state=ErasureState.RUNNING)


def _work(erasure: Erasure) -> str:
    if erasure.target == Target.CALLER and account_gone(erasure.customer_id):
        return _end(erasure, ErasureState.DONE)  # all that it was about went with the account
    if _all_or_nothing(erasure) and _kept(erasure):
        return _rest(erasure, ErasureState.HELD, LOOK_AGAIN)
    _note_people(erasure)
    _note_calls(erasure)
    for part in going(erasure):
        if not part.mention:
            _note_mentions(erasure)
        try:
            _destroy(part, erasure)
        except LastAdministrator:
            return _end(erasure, ErasureState.CANCELLED)
    if _unfinished(erasure):  # another job is at work on some of it
        return _rest(erasure, ErasureState.RUNNING, None)
    if kept := _kept(erasure):
        erasure.waiting = kept
        return _rest(erasure, ErasureState.HELD, LOOK_AGAIN)
    end_sign_ins([UUID(person) for person in erasure.people])
    return _end(erasure, ErasureState.DONE)


def _all_or_nothing(erasure: Erasure) -> bool:
    """An account that a hold keeps in part is not half destroyed: it cannot run on without it."""
    return erasure.target == Target.CUSTOMER and not erasure.batches.exists()


def _destroy(part: Part, erasure: Erasure) -> None:
    """Destroy the part's rows in batches, each its own short transactions: nobody waits long."""
    while (job := _claim(part, erasure)) is not None:
        carry_out(job)


def _claim(part: Part, erasure: Erasure) -> ShredJob | None:
    """Claim the next batch under the erasure's fence; None when nothing is left to claim."""
    while True:
        free = part.rows.exclude(keeping(part.model)).order_by("id")
        ids = list(free.values_list("id", flat=True)[:BATCH])
        if not ids:
            return None
        try:
            with transaction.atomic():
                _wait_for_covers(part, erasure)
                at = _hold_on(erasure)
                if part.model is Member and erasure.target == Target.MEMBER:
                    _still_another_administrator(erasure)
                by = Asker(Actor(erasure.asked_by_kind, erasure.asked_by))
                job = claim_rows(part.model, ids, by=by, at=at)
                if job is not None:
                    note_batch(erasure, part.model, job)
                    _note_going(erasure, at)
                    _drop_requests(part, job, by, at)
                if part.model is Member:
                    note_leavers(at)
                return job
        except Held:
            continue  # a hold came in between: look again, without what it keeps


def _wait_for_covers(part: Part, erasure: Erasure) -> None:
    """Lock the customer for a whole account: a hold of it came before, or comes too late.

    And for an export, whose request is locked after the customer, as elsewhere.
    """
    if erasure.target == Target.CUSTOMER or part.model is Export:
        owner = Customer._base_manager.select_for_update(no_key=True)
        list(owner.filter(id=erasure.customer_id).values_list("pk"))


def _note_going(erasure: Erasure, at: datetime) -> None:
    """Write down that a whole account has begun to go: from now on nothing keeps it."""
    if erasure.target == Target.CUSTOMER:
        mine = Customer._base_manager.filter(id=erasure.customer_id, going_since=None)
        mine.update(going_since=at)


def _drop_requests(part: Part, job: ShredJob, by: "Asker", at: datetime) -> None:
    """Close the requests that exports would have answered: else their holds keep the rest."""
    if part.model is Export:
        for export in Export._base_manager.filter(shred_job_id=job.id):
            drop_request(export, by=by, at=at)


def _still_another_administrator(erasure: Erasure) -> None:
    Customer.objects.select_for_update().get(id=erasure.customer_id)
    guard_last_administrator(Member._base_manager.get(id=about_of(erasure).identity))


def _hold_on(erasure: Erasure) -> datetime:
    """Prolong the lease, in the caller's transaction. Raises LostLease when another has it."""
    at = database_now()
    erasure.hold_on(at + LEASE)
    return at


def _note_people(erasure: Erasure) -> None:
    """Write down whose sign-ins may end, before their memberships are gone."""
    if erasure.target not in {Target.MEMBER, Target.CUSTOMER} or erasure.people:
        return
    members = Member._base_manager.filter(customer_id=erasure.customer_id)
    if erasure.target == Target.MEMBER:
        members = members.filter(id=about_of(erasure).identity)
    people = members.values_list("user_id", flat=True)
    with transaction.atomic():
        _hold_on(erasure)
        erasure.people = [str(person) for person in people]
        erasure.save(update_fields=NOTED)


def _note_calls(erasure: Erasure) -> None:
    """Write down a caller's calls: once what names the caller is gone, nothing else tells them."""
    if erasure.target != Target.CALLER:
        return
    found = {call.hex() for call in calls_of(erasure.customer_id, erasure.caller)}
    with transaction.atomic():
        _hold_on(erasure)
        erasure.calls = sorted(found | set(erasure.calls))
        erasure.save(update_fields=NOTED)


def _note_mentions(erasure: Erasure) -> None:
    """Write down which mentions are left: once who is mentioned is gone, nothing tells them."""
    about = about_of(erasure)
    if erasure.mentions != Mentions.GO or about.object_id is None:
        return
    left = [
        [part.model._meta.label, str(row)]
        for part in mentions_of(erasure.customer_id, about)
        for row in part.rows.values_list("id", flat=True)
    ]
    fresh = [each for each in left if each not in erasure.waiting]
    if fresh:
        with transaction.atomic():
            _hold_on(erasure)
            erasure.waiting = [*erasure.waiting, *fresh]
            erasure.save(update_fields=LEFT)


def _unfinished(erasure: Erasure) -> bool:
    """Whether rows are left that are claimed, or free and not held; or were taken out by a purge.

    Of those nobody knows any more whom they were about: any of the customer's counts.
    """
    parts = list(going(erasure))
    return any(
        part.found.exclude(keeping(part.model), shred_job_id=None).exists() for part in parts
    ) or being_purged({part.model._meta.label for part in parts}, erasure.customer_id)


def _kept(erasure: Erasure) -> list[list[str]]:
    """Return what holds keep, as model and id; of a whole account only that there is something."""
    few = 1 if erasure.target == Target.CUSTOMER else None
    found = []
    for part in going(erasure):
        rows = part.rows.filter(keeping(part.model)).values_list("id", flat=True)
        found += [[part.model._meta.label, str(row)] for row in rows[:few]]
    return found


def _rest(erasure: Erasure, state: ErasureState, wait: timedelta | None) -> str:
    """Give the erasure back for a later run."""
    with transaction.atomic():
        at = _hold_on(erasure)
        erasure.state, erasure.lease_until = state, at + wait if wait else None
        erasure.save()
    return state


def _put_off(erasure: Erasure) -> str:
    return _rest(erasure, ErasureState.WAITING, LOOK_AGAIN)


def _end(erasure: Erasure, state: ErasureState) -> str:
    keys.ready(database_now())
    with transaction.atomic():
        at = _hold_on(erasure)
        verb = "erasure.done" if state == ErasureState.DONE else "erasure.cancelled"
        record(verb, erasure, by=SYSTEM, customer_id=erasure.customer_id, at=at)
        certify(erasure, state, at)  # after the entry, which stays too: by then nothing is added
        close(erasure, state, at)
    return state
