"""The steps of a case: opened, identity checked, extended, decided. Each leaves a trace."""

from datetime import date, datetime

from django.db import transaction

from customers.actions.covers import About
from customers.actions.numbers import next_number
from customers.models import Customer, Target
from privacy.cases.clock import EXTENDED_MONTHS, answer_by
from privacy.cases.holding import hold_meanwhile, release
from privacy.models import Case, CaseKind, CaseState, Telling
from smartsvar.audit.actors import Acting
from smartsvar.audit.trail import record
from smartsvar.clock import STOCKHOLM
from smartsvar.jobs import enqueue

IDENTITY = ("state", "identified_at", "identified_how")
EXTENSION = ("extended_on", "answer_by", "extension_reason", "to_tell")
DECISION = ("state", "decided_at", "closed_at", "ground", "decision", "to_tell")


class NotOpen(Exception):
    """The case is decided or withdrawn already."""


class TooLate(Exception):
    """The first month is over: the person had to be told of an extension within it."""


class Ungrounded(ValueError):
    """A decision says on which ground: a refusal why (article 12(4)), a grant by which right."""


class Unidentified(Exception):
    """Nothing is granted to somebody who may be another (article 12(6)); a refusal is possible."""


def day_of(at: datetime) -> date:
    """Return the day in Stockholm, by which requests are counted."""
    return at.astimezone(STOCKHOLM).date()


def open_case(
    customer: Customer,
    kind: CaseKind,
    about: About,
    *,
    by: Acting,
    at: datetime,
    requester: str = "",
    contact: str = "",
    wish: str = "",
    received_on: date | None = None,
) -> Case:
    """Take in a request; its time runs from today in Stockholm, or from when its letter came."""
    today = received_on or day_of(at)
    case = Case(
        customer=customer, kind=kind, target=about.target, object_model=about.object_model,
        object_id=about.object_id, received_on=today, answer_by=answer_by(today),
        opened_by_kind=by.actor.kind, opened_by=by.actor.id,
    )  # fmt: skip
    case.caller, case.requester, case.contact, case.wish = about.caller, requester, contact, wish
    with transaction.atomic():
        # Locked before the insert shares its row: of two at once, neither waits for the other.
        Customer.objects.select_for_update().get(id=customer.id)
        case.number = next_number(Case)
        case.save(force_insert=True)
        hold_meanwhile(case, about, by=by, at=at)
        verb = "case.opened_own" if about.target == Target.MEMBER else "case.opened"
        record(verb, case, by=by, customer_id=customer.id, at=at)
    return case


def check_identity(case: Case, how: str, *, by: Acting, at: datetime) -> None:
    """Note how we know that who asks is who they say. Raises NotOpen."""
    with transaction.atomic():
        _still_open(case)
        case.state, case.identified_at, case.identified_how = CaseState.IDENTIFIED, at, how
        case.save(update_fields=IDENTITY)
        record("case.identified", case, by=by, customer_id=case.customer_id, at=at)


def extend(case: Case, reason: str, *, by: Acting, at: datetime) -> None:
    """Take two more months, for a reason that the person is told. Raises NotOpen, TooLate."""
    today = day_of(at)
    with transaction.atomic():
        _still_open(case)
        if case.extended_on is not None or today > case.answer_by:
            raise TooLate
        case.extended_on, case.extension_reason = today, reason
        case.answer_by = answer_by(case.received_on, months=EXTENDED_MONTHS)
        case.to_tell = Telling.EXTENDED
        case.save(update_fields=EXTENSION)
        record("case.extended", case, by=by, customer_id=case.customer_id, at=at)
        enqueue("privacy.tell_case", case.id)


def decide(
    case: Case, state: CaseState, *, ground: str, decision: str, by: Acting, at: datetime
) -> None:
    """Grant or refuse, with the ground and the words of the answer.

    Raises NotOpen, Ungrounded, and Unidentified for a grant before check_identity().
    """
    if not ground.strip():
        raise Ungrounded
    with transaction.atomic():
        _still_open(case)
        if state == CaseState.GRANTED and case.identified_at is None:
            raise Unidentified
        case.state, case.to_tell = state, Telling.DECIDED
        case.ground, case.decision = ground, decision
        _close(case, by=by, at=at)
        enqueue("privacy.tell_case", case.id)


def withdraw(case: Case, *, by: Acting, at: datetime) -> None:
    """Close a case because who asked no longer asks. Raises NotOpen."""
    with transaction.atomic():
        _still_open(case)
        case.state, case.to_tell = CaseState.WITHDRAWN, ""
        _close(case, by=by, at=at)


def _close(case: Case, *, by: Acting, at: datetime) -> None:
    case.decided_at, case.closed_at = at, at
    case.save(update_fields=DECISION)
    release(case, by=by, at=at)
    record(f"case.{case.state}", case, by=by, customer_id=case.customer_id, at=at)


def _still_open(case: Case) -> None:
    """Lock the case for this transaction and read it anew. Raises NotOpen.

    Its sealed words are one envelope: from an older copy, what another step wrote would be undone.
    The customer is locked first, as whoever restricts or holds does before it flags the cases.
    """
    Customer.objects.select_for_update().get(id=case.customer_id)
    still = Case._base_manager.select_for_update().filter(id=case.id, closed_at=None)
    if not still.values_list("pk"):
        raise NotOpen
    case.refresh_from_db()
