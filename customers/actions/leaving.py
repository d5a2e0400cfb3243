"""A person leaves: the membership ends, and with the last one the sign-in and all that hangs on it.

Where a hold keeps the membership's row, access ends all the same, and the row when the hold has.
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any, cast
from uuid import UUID

import structlog
from django.db import transaction
from django.utils.translation import gettext as _

from customers.actions.covers import About, end_cover, restrict
from customers.actions.members import decide, guard_last_administrator, note_leavers
from customers.models import Customer, Member, Restriction, Session, Target, User
from smartsvar.audit.actors import SYSTEM, Acting
from smartsvar.shredding.actions import carry_out
from smartsvar.shredding.claims import claim_rows, held_among
from smartsvar.shredding.models import Held, ShredJob
from smartsvar.vault.second_factor import forget_person

log = structlog.get_logger(__name__)


class Unfinished(Exception):
    """Members who were removed could not be taken out of the database; args: how many."""


def remove_member(
    member: Member, *, by: Member, at: datetime, along: Callable[[], object] | None = None
) -> bool:
    """End a membership; that person's next request is a stranger's. Raises LastAdministrator,
    NotAllowed.

    `along` is done once it is decided, before the ledger and the storage are asked: they may fail.

    With the last membership the sign-in goes. Returns False where a hold keeps the row: then the
    person has no access from now on, and finish_removals() does the rest when the hold has ended.
    """
    job, held = None, False
    try:
        with transaction.atomic():
            decide(by)
            guard_last_administrator(member)
            job = _claim([member.id], by=by, at=at)
    except Held:
        held = True
        _end_access(member, by=by, at=at)
    if along is not None:
        along()
    if job is not None:
        carry_out(job)
    if not held:
        end_sign_ins([member.user_id])
    return not held


def is_held(member: Member) -> bool:
    """Whether a hold keeps the membership's row for now: the person's own, or the account's."""
    return bool(held_among(Member, [member.id]))


def _claim(members: Sequence[UUID], *, by: Acting, at: datetime) -> ShredJob | None:
    job = claim_rows(Member, members, by=by, at=at)
    note_leavers(at)
    return job


def _end_access(member: Member, *, by: Member, at: datetime) -> None:
    about = About(target=Target.MEMBER, object_model=Member._meta.label, object_id=member.id)
    reason = _("Removed as a member. A hold keeps the record until it has ended.")
    restrict(member.customer, about, reason=reason, keeps=False, removes=True, by=by, at=at)
    elsewhere = Member.objects.filter(user_id=member.user_id, restricted=False).timely()
    if not elsewhere.exists():
        end_sessions([member.user_id])


def finish_removals(at: datetime) -> int:
    """Remove the members whose removal a hold kept, once none does; return how many.

    Lifting the restriction takes the removal back. Raises Unfinished at the end when some could not
    be removed (ledger or storage away, damage): the others have had their turn.
    """
    done = left = 0
    waiting = Restriction.objects.filter(removes=True).in_force().select_related("customer")
    cover: Any
    for cover in list(waiting):
        try:
            done += _finish_removal(cover, at)
        except Exception:
            log.exception("member not removed", object=str(cover.id))
            left += 1
    if left:
        raise Unfinished(left)
    return done


def _finish_removal(cover: Restriction, at: datetime) -> int:
    """Return how many rows went: none while a hold keeps the membership, or another job has it."""
    identity, done = cast(UUID, cover.object_id), 0
    people = Member._base_manager.filter(id=identity)
    users = list(people.values_list("user_id", flat=True))
    try:
        with transaction.atomic():
            Customer.objects.select_for_update(no_key=True).get(id=cover.customer_id)
            job = _claim([identity], by=SYSTEM, at=at)
    except Held:
        return 0
    if job is not None:
        done = carry_out(job)
    if not people.exists():  # another job may have it
        end_sign_ins(users)
        end_cover(cover, by=SYSTEM, at=at)
    return done


def end_sign_ins(people: Collection[UUID]) -> int:
    """Destroy sign-in, second factors and sessions of those without a membership; return how many.

    Whoever is a member elsewhere keeps them. Idempotent; the second factors' key goes first. The
    sessions go last, of everybody at once: without a sign-in none of them opens anything.
    """
    ended = sum(_end(person) for person in people)
    living = set(User.objects.filter(id__among=list(people)).values_list("id", flat=True))
    end_sessions(set(people) - living)
    return ended


def _end(person: UUID) -> bool:
    with transaction.atomic():
        living = User.objects.select_for_update().filter(id=person, is_staff=False)
        if not living.exists() or Member._base_manager.filter(user_id=person).exists():
            return False
        forget_person([person])
        living.delete()
    return True


def end_sessions(people: Collection[UUID]) -> int:
    """Delete these people's sessions; return how many."""
    gone: int = Session.objects.filter(user__id__among=list(people)).delete()[0]
    return gone
