"""What an erasure would do, before anybody has asked for it: what goes, what stays, and why."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Model, Q, QuerySet

from customers.actions.covers import About
from customers.models import Member, Target, User
from privacy.erasures.scope import Part, account_gone, mentioning, parts_of, told_of
from smartsvar.personal_data import Erase, PersonalData, declared
from smartsvar.shredding.followers import keeping
from smartsvar.shredding.models import Shreddable


@dataclass(frozen=True)
class Line:
    """So many rows of one model. For what stays: by which law, and until when at the latest.

    until: None where the time of some has not begun to run. may_go: can be erased with its mention.
    """

    model: type[Model]
    count: int
    law: Any = ""
    until: datetime | None = None
    may_go: bool = False

    @property
    def name(self) -> str:
        """The model's name in the reader's language."""
        meta = self.model._meta
        return str(meta.verbose_name if self.count == 1 else meta.verbose_name_plural)


@dataclass
class Preview:
    """What goes, what stays by law, what a hold keeps for now, and who else's records name them."""

    going: list[Line] = field(default_factory=list)
    staying: list[Line] = field(default_factory=list)
    held: list[Line] = field(default_factory=list)
    mentioned: list[Line] = field(default_factory=list)

    @property
    def empty(self) -> bool:
        """Whether there is nothing that an erasure would destroy, now or when holds have ended."""
        return not self.going and not self.held

    @property
    def asks(self) -> bool:
        """Whether there are mentions to decide about."""
        return any(line.may_go for line in self.mentioned)


def preview(customer_id: UUID, about: About) -> Preview:
    """Count what an erasure would touch; a fixed number of queries, however much there is."""
    found = Preview()
    if about.target == Target.CALLER and account_gone(customer_id):
        return found  # all of it went with the account; what is left by law names no caller
    for part in parts_of(customer_id, about):
        _count(part, found)
        if part.model is Member and not part.stays:
            found.going += _sign_ins(part)
    found.staying += _trails(customer_id, about)
    for model, _said, which in mentioning(customer_id, about):
        rows = model._base_manager.filter(which)
        free = issubclass(model, Shreddable)
        count = (rows.filter(shred_job_id=None) if free else rows).count()
        if count:
            found.mentioned.append(Line(model, count, may_go=free))
    return found


def _count(part: Part, found: Preview) -> None:
    if part.stays:
        found.staying += _staying(part)
        return
    held = keeping(part.model)
    sums = part.rows.aggregate(count=Count("pk"), held=Count("pk", filter=held))
    free = sums["count"] - sums["held"]
    found.going += [Line(part.model, free)] if free else []
    found.held += [Line(part.model, sums["held"])] if sums["held"] else []
    if free:
        found.going += hanging_on(part.model, part.rows.exclude(held))


def _staying(part: Part) -> Iterator[Line]:
    """Yield what stays, a line for each ground on which it does."""
    rest = Q()
    for (column, value), law in part.said.other_laws.items():
        yield from _on_ground(part, Q(**{column: value}), law)
        rest &= ~Q(**{column: value})
    yield from _on_ground(part, rest, part.said.law)


def _on_ground(part: Part, which: Q, law: Any) -> Iterator[Line]:
    rows = part.rows.filter(which)
    sums = rows.aggregate(count=Count("pk"), dated=Count("due_at"), until=Max("due_at"))
    if sums["count"]:
        until = sums["until"] if sums["dated"] == sums["count"] else None
        yield Line(part.model, sums["count"], law, until)


def hanging_on(model: type[Model], rows: "QuerySet[Any]") -> Iterator[Line]:
    """Yield what is deleted with these rows because it is sealed under their keys."""
    for child, said in declared():
        parent = said.keep.with_parent
        if said.erase is Erase.WITH_PARENT and child._meta.get_field(parent).related_model is model:
            hanging: Any = child._base_manager.filter(**{f"{parent}__in": rows.values("pk")})
            if count := hanging.count():
                yield Line(child, count)


def _sign_ins(part: Part) -> Iterator[Line]:
    """Yield the sign-ins that end with the last of their memberships."""
    going = part.rows.exclude(part.model.holding())
    others = Member._base_manager.exclude(id__in=going.values("id"))
    people = User.objects.filter(id__in=going.values("user_id"), is_staff=False)
    if count := people.exclude(id__in=others.values("user_id")).count():
        yield Line(User, count)


def _trails(customer_id: UUID, about: About) -> Iterator[Line]:
    """Yield what is neither shredded nor deleted on request: the trail of what was done."""
    for model, said in declared():
        if said.erase is not Erase.PRUNE:
            continue
        told = Q() if about.target == Target.CUSTOMER else told_of(model, said, customer_id, about)
        if told is not None:
            rows = model._base_manager.filter(told, customer_id=customer_id)
            sums = rows.aggregate(count=Count("pk"), newest=Max(said.keep.since))
            if sums["count"]:
                yield Line(model, sums["count"], said.law, _until(said, sums["newest"]))


def _until(said: PersonalData, newest: datetime) -> datetime | None:
    return said.keep.derive(lambda path: newest)
