"""Replace an e-mail address in the customer's own data: a personal one by a functional one, say."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db.models import QuerySet

from customers.actions.invitations import invitations_of
from customers.models import Absence, Customer, Invitation, StaffMember
from smartsvar.audit.actors import Acting
from smartsvar.audit.trail import record_many
from smartsvar.paging import openable

ADDRESS = ("email",)
WORD = r"[\w.+%-]"  # what an address goes on with: "eva@x.example" is not in "eva@x.example.com"


@dataclass
class Standing:
    """Where an address stands.

    notices: people whose answer notice names it; facts: whose title or keywords do. invitations:
    to it, which stay: whoever has the mail may accept.
    """

    account: bool = False
    people: list[StaffMember] = field(default_factory=list)
    notices: list[StaffMember] = field(default_factory=list)
    facts: list[StaffMember] = field(default_factory=list)
    absences: list[Absence] = field(default_factory=list)
    invitations: list[Invitation] = field(default_factory=list)

    @property
    def anywhere(self) -> bool:
        return bool(self.account or self.people or self.notices or self.facts or self.absences)

    @property
    def places(self) -> int:
        """In how many places it stands that a replacement changes."""
        people = len(self.people) + len(self.notices) + len(self.facts)
        return people + len(self.absences) + self.account


def where_stands(customer: Customer, address: str) -> Standing:
    """Return where this address stands in the customer's own data, whatever its capitals."""
    found = _find(customer, address, StaffMember.objects.of(customer), Absence.objects.of(customer))
    found.invitations = [e for e in invitations_of(customer) if _same(e.email, address)]
    return found


def _find(
    customer: Customer, address: str, people: "QuerySet[StaffMember]", absences: "QuerySet[Absence]"
) -> Standing:
    found = Standing(account=_same(customer.email, address))
    for person in openable(list(people)):
        if _same(person.email, address):
            found.people.append(person)
        if _named(address).search(person.answer_notice):
            found.notices.append(person)
        if any(_named(address).search(text) for text in (person.title, *person.keywords)):
            found.facts.append(person)
    found.absences = [
        each for each in openable(list(absences)) if _named(address).search(each.text)
    ]
    return found


def replace_address(
    customer: Customer, old: str, new: str, *, by: Acting, at: datetime
) -> Standing:
    """Put `new` wherever `old` stands, in the caller's transaction; return where it stood.

    The account is saved by whoever calls: it may be changing more of it.
    """
    people = StaffMember.objects.of(customer).select_for_update(of=("self",)).order_by("pk")
    absences = Absence.objects.of(customer).select_for_update(of=("self",)).order_by("pk")
    found = _find(customer, old, people, absences)
    for person in found.people:
        person.email = new
    for person in found.notices:
        person.answer_notice = _named(old).sub(lambda _: new, person.answer_notice)
    for person in found.facts:
        words = [_named(old).sub(lambda _: new, word) for word in person.keywords]
        title = _named(old).sub(lambda _: new, person.title)
        for name, value in (("title", title), ("keywords", words)):
            setattr(person, name, value)
    for absence in found.absences:
        absence.text = _named(old).sub(lambda _: new, absence.text)
    touched = {person.pk: person for person in (*found.people, *found.notices, *found.facts)}
    _write(customer, list(touched.values()), found.absences, by=by, at=at)
    if found.account:
        customer.email = new
        customer.save(update_fields=ADDRESS)
    return found


def _write(
    customer: Customer, people: Sequence[StaffMember], absences: Sequence[Absence], *, by: Acting,
    at: datetime,
) -> None:  # fmt: skip
    StaffMember.objects.all().write_sealed(people)
    StaffMember.objects.filter(id__among=[person.pk for person in people]).update(changed_at=at)
    Absence.objects.all().write_sealed(absences)
    for rows, label in ((people, StaffMember._meta.label), (absences, Absence._meta.label)):
        verb = f"{label.rsplit('.', 1)[-1].lower()}.changed"
        things = [(customer.pk, row.pk) for row in rows]
        record_many(verb, label, things, by=by.actor, at=at)


def _same(one: str, other: str) -> bool:
    return bool(one) and one.strip().casefold() == other.strip().casefold()


def _named(address: str) -> re.Pattern[str]:
    text = re.escape(address.strip())
    return re.compile(rf"(?<!{WORD}){text}(?![\w@%+-])(?!\.\w)", re.IGNORECASE)
