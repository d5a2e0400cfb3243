"""Which rows an export is about: the account's, a caller's, a person's or one record's.

Derived from the declarations and the tables' own shape; no model is named that is not of the
tenant itself. Whatever has something to export is looked at.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from typing import Any, cast
from uuid import UUID

from django.db.models import ForeignKey, Model, Q, QuerySet

from customers.actions.covers import About
from customers.calling import caller_indexes, knows_callers, of_caller
from customers.models import Customer, Member, Target, User
from privacy.exports.facts import names_of
from privacy.exports.readers import personal, told_to
from privacy.models import Case, Export
from privacy.pointing import following, label_of, naming, pointing
from smartsvar.audit.models import AuditEntry
from smartsvar.paging import openable
from smartsvar.personal_data import PersonalData, declaration_of, declared
from smartsvar.shredding.belongings import belongings_in
from smartsvar.shredding.models import Shreddable

Table = type[Model]
MENTIONS = "#mentions"


@dataclass(frozen=True)
class Portion:
    """Rows of one model. `mention`: they are about somebody else and only name the person."""

    model: Table
    said: PersonalData
    which: Q
    mention: bool = False
    without: tuple[str, ...] = ()  # fields that are about others than whom it is for
    own: tuple[str, ...] = ()  # fields that are given because they are the person's own

    @property
    def key(self) -> str:
        """Its name in an export's cursor and pages; portions are in the order of their keys."""
        return self.model._meta.label + (MENTIONS if self.mention else "")

    @cached_property
    def names(self) -> list[str]:
        """Return the fields that are handed over of each row."""
        names = names_of(self.model, self.said, mention=self.mention, without=self.without)
        return [*names, *self.own]

    def rows(self, at: datetime) -> "QuerySet[Any]":
        """Return the rows that may be handed over now, restricted ones among them."""
        return self.model._base_manager.filter(self.which, at_hand(self.model, self.said, at))


def portions(customer: Customer, about: About, *, owner: UUID | None = None) -> list[Portion]:
    """Return all portions of an export, in the order in which it is collected.

    owner: the only member whom it is for. What other members ask about themselves is in none.
    """
    found: list[Portion] = []
    for model, said in declared():
        if said.export:
            seen, own = _seen(model, owner), _own(said, about, owner)
            for each in _of(model, said, customer, about):
                found.append(replace(each, which=each.which & seen, own=each.own + own))
    return sorted(found, key=lambda portion: portion.key)


def at_hand(model: Table, said: PersonalData, at: datetime) -> Q:
    """Return which rows are neither being destroyed, nor due at `at` unless held, nor unfinished.

    Restricted ones are at hand: a restriction does not take the right of access away.
    """
    wanted = Q()
    if issubclass(model, Shreddable):
        wanted &= Q(shred_job_id=None) & (Q(due_at=None) | Q(due_at__gt=at) | model.holding())
    if said.keep.unfinished:
        path, value = said.keep.unfinished
        wanted &= ~Q(**{path.replace(".", "__"): value})
    parent = _parent(model, said)
    if parent is not None:
        above = declaration_of(parent)
        if isinstance(above, PersonalData) and issubclass(parent, Shreddable):
            living = parent._base_manager.filter(at_hand(parent, above, at))
            wanted &= Q(**{f"{said.keep.with_parent}__in": living})
    return wanted


def _of(model: Table, said: PersonalData, customer: Customer, about: About) -> Iterator[Portion]:
    which = _about(model, said, customer, about)
    if which is not None:
        # Article 15(4): a caller does not learn what the row says about somebody else.
        without = said.others if about.target == Target.CALLER else ()
        yield Portion(model, said, which, without=without)
    named = naming(model, said, about)
    if named is not None:
        beside = named if which is None else named & ~which
        yield Portion(model, said, beside & (_owned(model, customer) or Q(pk__in=[])), mention=True)
    yield from _belongings(model, said, customer, about)


def _belongings(
    model: Table, said: PersonalData, customer: Customer, about: About
) -> Iterator[Portion]:
    """What is the person's own in a row about somebody else: the address of a delivery, say."""
    owned = _owned(model, customer)
    if about.object_id is None or owned is None:
        return
    for path, names in belongings_in(model, said, label_of(about)).items():
        own = tuple(name for name in names if name in said.export)
        which = owned & Q(**{f"{path}__id": about.object_id})
        yield Portion(model, said, which, mention=True, own=own)


def _own(said: PersonalData, about: About, owner: UUID | None) -> tuple[str, ...]:
    """Return what is given to the very person alone: the only one who fetches the export."""
    return tuple(said.for_owner) if owner and owner == about.object_id else ()


def _seen(model: Table, owner: UUID | None) -> Q:
    """Leave out requests about members, their exports, the trail of both; but the owner's own."""
    if model is AuditEntry:
        return told_to(owner)
    if model is Case:
        private = Q(target=Target.MEMBER)
        return ~private | Q(opened_by=owner) | Q(object_id=owner) if owner else ~private
    if model is Export:
        return ~personal() | Q(object_id=owner) if owner else ~personal()
    return Q()


def _about(model: Table, said: PersonalData, customer: Customer, about: About) -> Q | None:
    """Return which rows of the model it is about; None when none can be."""
    if about.target == Target.CUSTOMER:
        members = Member._base_manager.filter(customer=customer, shred_job_id=None)
        return _owned(model, customer) or _of_users(model, Q(memberships__in=members))
    found = [
        _of_address(model, said, customer, about),
        _single(model, customer, about),
        pointing(model, customer.pk, about),
        following(model, said, about),
        _of_parent(model, said, customer, about),
    ]
    if about.target == Target.MEMBER:
        person = Q(memberships__id=about.object_id, memberships__customer=customer)
        found.append(_of_users(model, person))
    wanted = [each for each in found if each is not None]
    return _either(wanted) if wanted else None


def _either(wanted: list[Q]) -> Q:
    whole = wanted[0]
    for each in wanted[1:]:
        whole |= each
    return whole


def _owned(model: Table, customer: Customer) -> Q | None:
    """The customer's own rows, where the table says whose they are."""
    if model is Customer:
        return Q(pk=customer.pk)
    columns = {field.attname for field in model._meta.concrete_fields}
    return Q(customer_id=customer.pk) if "customer_id" in columns else None


def _of_users(model: Table, users: Q) -> Q | None:
    """What hangs on people's sign-ins, and those themselves."""
    people = User._base_manager.filter(users)
    if model is User:
        return Q(pk__in=people.values("pk"))
    if "customer_id" in {field.attname for field in model._meta.concrete_fields}:
        return None
    fields = model._meta.concrete_fields
    keys = [f for f in fields if isinstance(f, ForeignKey) and f.related_model is User]
    mine = [Q(**{f"{f.name}__in": people}) for f in keys]
    if any(f.name == "user_id" for f in fields):  # a sign-in that may be gone: no foreign key
        mine.append(Q(user_id__in=people.values("pk")))
    return _either(mine) if mine else None


def _of_address(model: Table, said: PersonalData, customer: Customer, about: About) -> Q | None:
    """The caller's rows: by blind index, or, where there is none, by opening the few there are."""
    table: Any = model
    if about.target != Target.CALLER or not (said.callers or _of_calls(table)):
        return None
    indexed = {field.of for field in caller_indexes(table)}
    found = of_caller(table, customer.pk, about.caller)
    rest = set(said.callers) - indexed
    if rest:
        rows = table._base_manager.filter(customer_id=customer.pk)
        wanted = about.caller.casefold()
        same = [
            row.pk
            for row in openable(list(rows))
            if any(str(getattr(row, name)).casefold() == wanted for name in rest)
        ]
        found |= Q(pk__in=same)
    return found & Q(customer_id=customer.pk)


def _of_calls(model: Table) -> bool:
    return issubclass(model, Shreddable) and knows_callers(model)


def _single(model: Table, customer: Customer, about: About) -> Q | None:
    label = label_of(about)
    owned = _owned(model, customer)
    if about.target == Target.CALLER or model._meta.label != label or owned is None:
        return None
    return Q(pk=about.object_id) & owned


def _of_parent(model: Table, said: PersonalData, customer: Customer, about: About) -> Q | None:
    """What lives and dies with a row that it is about, and tells to whom that was passed on."""
    parent = _parent(model, said)
    above = declaration_of(parent) if parent else None
    if parent is None or not isinstance(above, PersonalData) or parent is User:
        return None
    which = _about(parent, above, customer, about)
    if which is None:
        return None
    return Q(**{f"{said.keep.with_parent}__in": parent._base_manager.filter(which)})


def _parent(model: Table, said: PersonalData) -> Table | None:
    if not said.keep.with_parent:
        return None
    return cast(Table, model._meta.get_field(said.keep.with_parent).related_model)
