"""Keep the staff register."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from customers.models import Customer, StaffMember
from smartsvar.audit.actors import Acting
from smartsvar.audit.trail import record
from smartsvar.clock import database_now
from smartsvar.paging import openable
from smartsvar.shredding.actions import carry_out
from smartsvar.shredding.claims import claim_rows
from smartsvar.shredding.models import Gone

FIELDS = ("name", "title", "phone", "email", "keywords", "answer_notice")
NO_DIGITS = re.compile(r"\D+")
AGAIN = timedelta(seconds=30)  # a form that is sent a second time within this was not meant twice
REGISTER_LIMIT = 5000  # names are sealed, so the list is opened and sorted in memory


class RegisterFull(Exception):
    """The customer's register holds REGISTER_LIMIT people."""


@dataclass(frozen=True, kw_only=True)
class StaffDetails:
    """What the register holds about a person (seed row A3)."""

    name: str
    title: str = ""
    phone: str = ""
    email: str = ""
    keywords: Sequence[str] = field(default_factory=list)
    answer_notice: str = ""


def _fill(person: StaffMember, details: StaffDetails, fields: Sequence[str] = FIELDS) -> None:
    for name in fields:
        value = getattr(details, name)
        setattr(person, name, list(value) if name == "keywords" else value)


def add_staff(
    customer: Customer,
    details: StaffDetails,
    *,
    by: Acting,
    at: datetime,
    settle: Callable[[UUID], None] | None = None,
    once: bool = False,
) -> StaffMember:
    """Add a person to the register; `settle` gets the id in the transaction.

    once: who was added a moment ago with the very same details is the same, and returned: a form's
    button was pressed twice. Raises RegisterFull.
    """
    if StaffMember.objects.of(customer).count() >= REGISTER_LIMIT:
        raise RegisterFull
    person = StaffMember(customer=customer, created_at=at)
    _fill(person, details)
    with transaction.atomic():
        known = _added_just_now(customer, details, at) if once else None
        if known is not None:
            return known
        person.save(force_insert=True)
        record("staffmember.added", person, by=by, customer_id=customer.id, at=at)
        if settle is not None:
            settle(person.pk)
    return person


def _added_just_now(customer: Customer, details: StaffDetails, at: datetime) -> StaffMember | None:
    """Return whom the same form has added; under a lock, for both may come at once."""
    Customer.objects.select_for_update(no_key=True).get(id=customer.pk)
    recent = StaffMember.objects.of(customer).filter(created_at__gt=at - AGAIN)
    same = (p for p in openable(list(recent)) if all(_says(p, details, f) for f in FIELDS))
    return next(same, None)


def _says(person: StaffMember, details: StaffDetails, name: str) -> bool:
    said, wanted = getattr(person, name), getattr(details, name)
    return list(said) == list(wanted) if name == "keywords" else said == wanted


def change_staff(
    person: StaffMember,
    details: StaffDetails,
    *,
    by: Acting,
    at: datetime,
    fields: Sequence[str] = FIELDS,
) -> None:
    """Change what the register says of a person: these fields, and nothing else of it.

    What a colleague has written in the others meanwhile stays. Raises Gone.
    """
    with transaction.atomic():
        rows = StaffMember.objects.filter(id=person.pk, shred_job_id=None)
        fresh = rows.select_for_update(no_key=True, of=("self",)).first()
        if fresh is None:
            raise Gone
        _fill(fresh, details, fields)
        for name in FIELDS:
            setattr(person, name, getattr(fresh, name))
        person.save()
        record("staffmember.changed", person, by=by, customer_id=person.customer_id, at=at)


def remove_staff(
    *people: StaffMember, by: Acting, along: Callable[[], object] | None = None
) -> int:
    """Take leavers off the register, for good: key first, then the row; return how many.

    Their absences go along, and their addresses in deliveries (smartsvar/shredding). All or none:
    raises Held when a hold keeps one of them. `along` is done once it is decided, before the ledger
    and the storage are asked: they may fail.
    """
    ids = [person.pk for person in people]
    job = claim_rows(StaffMember, ids, by=by, at=database_now()) if ids else None
    if along is not None:
        along()
    return carry_out(job) if job else 0


def register_of(customer: Customer) -> list[StaffMember]:
    """Return the customer's register sorted by name as Swedes sort (å, ä, ö last)."""
    people = openable(list(StaffMember.objects.of(customer)))
    return sorted(people, key=lambda person: sort_key(person.name))


def registered(person: StaffMember | None) -> StaffMember | None:
    """Return the person under a lock; None when it left the register meanwhile."""
    if person is None:
        return None
    living = StaffMember.objects.filter(id=person.id, shred_job_id=None)
    found: StaffMember | None = living.select_for_update(no_key=True, of=("self",)).first()
    return found


def find_in(people: Sequence[StaffMember], text: str) -> list[StaffMember]:
    """Return who has each of the words somewhere: in name, title, keywords, address or number.

    A number is found as people write it, with spaces in it: 070-174 06 21, +46 (0)70 174.
    """
    words = text.casefold().split()
    return [
        person
        for person in people
        if _has_number(person, text) or all(_fits(person, word) for word in words)
    ]


def _fits(person: StaffMember, word: str) -> bool:
    said = "\n".join([person.name, person.title, person.email, *person.keywords]).casefold()
    return word in said or _has_number(person, word)


def _has_number(person: StaffMember, text: str) -> bool:
    digits = NO_DIGITS.sub("", text.replace("(0)", "")).lstrip("0")  # 070-174 is +46 70 174
    number = len(digits) > 2 and not re.search(r"[^\W\d_]", text)
    return number and digits in NO_DIGITS.sub("", person.phone)


def sort_key(name: str) -> str:
    """Return a key that puts å, ä, ö after z, on every database and locale alike."""
    return name.casefold().translate(str.maketrans("åäöéü", "{|}ey"))
