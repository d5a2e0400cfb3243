"""What an erasure would do, before anybody has asked for it: what goes, what stays, and why."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, Max, Model, Q

from customers.actions.covers import About
from customers.models import Target
from privacy.erasures.scope import Part, mentioning, parts_of, told_of
from smartsvar.personal_data import Erase, PersonalData, declared
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
    for part in parts_of(customer_id, about):
        _count(part, found)
    found.staying += _trails(customer_id, about)
    for model, _said, which in mentioning(customer_id, about):
        rows = model._base_manager.filter(which)
        free = issubclass(model, Shreddable)
        count = (rows.filter(shred_job_id=None) if free else rows).count()
        if count:
            found.mentioned.append(Line(model, count, may_go=free))
    return found


def _count(part: Part, found: Preview) -> None:
    held = part.model.holding()
    sums = part.rows.aggregate(
        count=Count("pk"), held=Count("pk", filter=held), dated=Count("due_at"), until=Max("due_at")
    )
    if part.stays and sums["count"]:
        until = sums["until"] if sums["dated"] == sums["count"] else None
        found.staying.append(Line(part.model, sums["count"], part.said.law, until))
    elif sums["count"]:
        free = sums["count"] - sums["held"]
        found.going += [Line(part.model, free)] if free else []
        found.held += [Line(part.model, sums["held"])] if sums["held"] else []
        found.going += _hanging_on(part, ~held)


def _hanging_on(part: Part, free: Q) -> Iterator[Line]:
    """Yield what is deleted with these rows because it is sealed under their keys."""
    for child, said in declared():
        parent = said.keep.with_parent
        if said.erase is Erase.WITH_PARENT and child._meta.get_field(parent).related_model is (
            part.model
        ):
            rows: Any = child._base_manager.filter(**{f"{parent}__in": part.rows.filter(free)})
            if count := rows.count():
                yield Line(child, count)


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
