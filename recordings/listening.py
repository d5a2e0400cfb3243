"""Support listens while a customer permits it, and never otherwise (docs/privacy.md).

Three things must hold at once, asked anew for every part of the audio: the agent is one of the few
who may listen at all, a grant over this call is in force, and the call may be shown to anybody.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction

from customers.models import Customer, Member, User
from recordings.models import GrantKind, Listen, Listener, ListeningGrant, Recording, State
from smartsvar.audit.actors import SYSTEM
from smartsvar.audit.trail import record
from smartsvar.jobs import enqueue

SESSION = timedelta(minutes=30)  # what one agent plays of one call within this is one listening
LONGEST = timedelta(days=7)
HOURS = (1, 24, 7 * 24)  # what a customer may choose from


class NotAllowed(Exception):
    """The rules forbid it; the message is for the person who asked."""


@dataclass(frozen=True, kw_only=True)
class Scope:
    """What is granted: one call, or every call that began in a time."""

    recording: Recording | None = None
    calls_from: datetime | None = None
    calls_before: datetime | None = None

    @property
    def kind(self) -> GrantKind:
        return GrantKind.CALL if self.recording else GrantKind.PERIOD


def grant_listening(
    customer: Customer, scope: Scope, *, lasts: timedelta, reason: str, by: Member, at: datetime
) -> ListeningGrant:
    """Let support listen from now on, until it ends by itself or is revoked.

    Raises NotAllowed for whoever is no administrator of the customer, for another customer's call
    and for more than seven days; Gone for a customer that is being erased.
    """
    call = scope.recording
    if not (by.is_administrator and by.customer_id == customer.id):
        raise NotAllowed("Only the customer's administrators let support listen.")
    if call is not None and call.customer_id != customer.id:
        raise NotAllowed("The call is another customer's.")
    if not timedelta() < lasts <= LONGEST:
        raise NotAllowed("A permission lasts seven days at most.")
    grant = ListeningGrant(
        customer=customer, kind=scope.kind, recording=call, calls_from=scope.calls_from,
        calls_before=scope.calls_before, begins_at=at, ends_at=at + lasts, granted_by=by.id,
    )  # fmt: skip
    grant.reason = reason
    with transaction.atomic():
        grant.save(force_insert=True)
        record("listeninggrant.given", grant, by=by, customer_id=customer.id, at=at)
    return grant


def revoke_listening(grant: ListeningGrant, *, by: Member, at: datetime) -> bool:
    """End a grant now; return whether it was still in force. The next part is refused."""
    with transaction.atomic():
        mine = ListeningGrant.objects.filter(id=grant.id, revoked_at=None, ends_at__gt=at)
        ended = bool(mine.update(revoked_at=at, revoked_by=by.id))
        if ended:
            record("listeninggrant.revoked", grant, by=by, customer_id=grant.customer_id, at=at)
    return ended


def is_listener(agent: User) -> bool:
    """Whether this agent is one of the few; being support staff or superuser is not enough."""
    able = Listener.objects.filter(user=agent.pk, user__is_active=True, user__is_staff=True)
    return able.exists()


def standing_grant(recording: Recording, *, by: User) -> ListeningGrant | None:
    """Return the grant under which this agent may play this call now, the one that lasts longest.

    Everything is read from the database, by its clock. A restricted, due or unfinished recording
    has none, whatever was granted.
    """
    if not is_listener(by):
        return None
    shown = Recording.objects.live().filter(pk=recording.pk, state=State.LIVE).first()
    if shown is None:
        return None
    found: ListeningGrant | None = (
        ListeningGrant.objects.in_force().over(shown).order_by("-ends_at", "-id").first()
    )
    return found


def note_listening(grant: ListeningGrant, recording: Recording, *, by: User, at: datetime) -> None:
    """Leave a trace, once per session, in the customer's trail and beside the grant."""
    if _noted(grant, recording, by, at):
        return
    with transaction.atomic():
        list(ListeningGrant.objects.select_for_update().filter(pk=grant.pk).values_list("pk"))
        if _noted(grant, recording, by, at):  # ranges come side by side
            return
        customer = recording.customer_id
        entry = record("recording.played", recording, by=by, customer_id=customer, at=at)
        Listen.objects.create(
            grant=grant, entry_id=entry.pk, call_id=recording.pk, agent_id=by.pk, at=at
        )
        if grant.told_at is None:
            enqueue("recordings.tell_listening", grant.pk)


def _noted(grant: ListeningGrant, recording: Recording, by: User, at: datetime) -> bool:
    mine = grant.listens.filter(call_id=recording.pk, agent_id=by.pk, at__gt=at - SESSION)
    return mine.exists()


def read_reason(grant: ListeningGrant, *, by: User, at: datetime) -> str:
    """Return why the customer lets support listen, and leave a trace of who read it."""
    record("listeninggrant.read", grant, by=by, customer_id=grant.customer_id, at=at)
    return str(grant.reason)


def let_listen(agent: User, *, at: datetime) -> bool:
    """Make a support agent one of the few; return whether it is news. Raises NotAllowed."""
    if not (agent.is_staff and agent.is_active):
        raise NotAllowed("Only support staff may listen, and only under a customer's permission.")
    with transaction.atomic():
        _, new = Listener.objects.get_or_create(user=agent, defaults={"since": at})
        if new:
            record("support.listener_made", agent, by=SYSTEM, customer_id=None, at=at)
    return new


def let_listen_no_more(agent: User, *, at: datetime) -> bool:
    """Take the right back; return whether there was one. What plays is refused its next part."""
    with transaction.atomic():
        gone, _ = Listener.objects.filter(user=agent.pk).delete()
        if gone:
            record("support.listener_unmade", agent, by=SYSTEM, customer_id=None, at=at)
    return bool(gone)
