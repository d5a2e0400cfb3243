"""Everything due, destroyed: the declarations say what, the ground floor knows how."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple, cast

import structlog
from django.db import models
from django.db.models import Count, Min

from customers.models import User
from smartsvar.audit.chain import prune
from smartsvar.audit.models import AuditChain
from smartsvar.personal_data import Erase, Keep, PersonalData, declared
from smartsvar.shredding.actions import LostLease, carry_out, claim_due, take_over
from smartsvar.shredding.models import Shreddable
from smartsvar.vault.second_factor import forget_person

log = structlog.get_logger(__name__)


class Due(NamedTuple):
    """What a dry run says of one model: how many rows are due, since when, and by which rule."""

    model: str
    rows: int
    oldest: datetime | None
    rule: str


def shreddable() -> Iterator[tuple[type[Shreddable], PersonalData]]:
    """Yield the models that are shredded when due, what points at others first."""
    found = [(m, d) for m, d in declared() if d.erase is Erase.SHRED]
    for model, declaration in sorted(found, key=lambda pair: -_height(pair[0])):
        yield cast(type[Shreddable], model), declaration


def _height(model: type[models.Model], seen: tuple[type[models.Model], ...] = ()) -> int:
    """Return how many foreign keys deep this model stands above the ones that point nowhere."""
    parents = {f.related_model for f in model._meta.concrete_fields if f.many_to_one}
    above = [p for p in parents if isinstance(p, type) and p is not model and p not in seen]
    return 1 + max((_height(p, (*seen, model)) for p in above), default=0)


def purge(at: datetime) -> dict[str, int]:
    """Destroy everything that is due at `at`; return how many rows went, by model.

    First finishes the jobs whose worker died. A job that fails (ledger or storage unreachable)
    keeps its claim and waits for the next run; whatever fails, the others go on. Raises Incomplete
    at the end when something failed that nobody foresaw.
    """
    run = _Run()
    for job in take_over(at):
        run.attempt(job.model, carry_out, job)
    for model, _ in shreddable():
        for job in _claims(model, at):
            run.attempt(job.model, carry_out, job)
    for table, said in declared():
        if said.erase is Erase.DELETE:
            run.attempt(table._meta.label, delete_due, table, said.keep, at)
        elif said.erase is Erase.PRUNE:
            run.attempt(table._meta.label, prune_due, said.keep, at)
    if run.failed:
        raise Incomplete(run.failed, run.gone)
    return run.gone


class Incomplete(Exception):
    """Something failed during a purge; args: the models, and what did go."""


class _Run:
    """What went in one run, and what failed: one fault never stops the rest."""

    def __init__(self) -> None:
        self.gone: dict[str, int] = {}
        self.failed: list[str] = []

    def attempt(self, model: str, work: Callable[..., int], *arguments: Any) -> None:
        try:
            count = work(*arguments)
        except LostLease:
            return
        except OSError as error:
            log.error("purge waits", model=model, error=type(error).__name__)
            return
        except Exception:
            log.exception("purge failed", model=model)
            self.failed.append(model)
            return
        if count:
            self.gone[model] = self.gone.get(model, 0) + count


def _claims(model: type[Shreddable], at: datetime) -> Iterator[Any]:
    position = None
    while True:
        job, position = claim_due(model, at, after=position)
        if position is None:
            return
        if job is not None:
            yield job


def _candidates(model: type[models.Model], keep: Keep, at: datetime) -> "models.QuerySet[Any]":
    """Rows that may be due: the shortest a calendar month can be, so that none is missed."""
    days = (keep.months or 0) * 28 + (keep.days or 0)
    column = keep.since.replace(".", "__")
    return model._base_manager.filter(
        **{f"{column}__lte": at - timedelta(days=days) + timedelta(hours=2)}
    )


def due_rows(model: type[models.Model], keep: Keep, at: datetime) -> list[Any]:
    """Return the keys of an unsealed table's rows that are due."""
    rows = _candidates(model, keep, at).iterator(chunk_size=1000)
    return [row.pk for row in rows if (due := keep.due(row)) is not None and due <= at]


def delete_due(model: type[models.Model], keep: Keep, at: datetime) -> int:
    """Delete the due rows of an unsealed table, with what hangs on them."""
    keys = due_rows(model, keep, at)
    for start in range(0, len(keys), 500):
        part = keys[start : start + 500]
        if model is User:
            forget_person(part)  # what their second factors are sealed under, first
        model._base_manager.filter(pk__in=part).delete()
    return len(keys)


def prune_due(keep: Keep, at: datetime) -> int:
    """Prune every audit chain of the segment that is due."""
    oldest = at
    while True:  # the latest moment whose entries are due: found from the rule, never beside it
        probe = _Moment(oldest)
        due = keep.due(probe)
        if due is None or due <= at:
            break
        oldest -= max(due - at, timedelta(seconds=1))
    chains = list(AuditChain.objects.values_list("customer_id", flat=True))
    return sum(prune(oldest, chain) for chain in chains)


class _Moment:
    """A row that is nothing but its time."""

    def __init__(self, at: datetime) -> None:
        self.at = at


def preview(at: datetime) -> list[Due]:
    """Say what a purge at `at` would destroy, model by model, without touching anything."""
    found = []
    for model, declaration in declared():
        rule = describe(declaration.keep)
        if declaration.erase is Erase.SHRED:
            rows = cast(type[Shreddable], model)._base_manager.filter(
                shred_job_id=None, due_at__lte=at
            )
            sums = rows.aggregate(count=Count("pk"), oldest=Min("due_at"))
            found.append(Due(model._meta.label, sums["count"], sums["oldest"], rule))
        elif declaration.erase in {Erase.DELETE, Erase.PRUNE}:
            keys = due_rows(model, declaration.keep, at)
            found.append(Due(model._meta.label, len(keys), None, rule))
    return found


def describe(keep: Keep) -> str:
    """Return the rule in words."""
    if keep.with_parent:
        return f"with its {keep.with_parent}"
    length = [f"{keep.months} months"] if keep.months else []
    length += [f"{keep.days} days"] if keep.days is not None else []
    text = f"{' and '.join(length)} after {keep.since}"
    if keep.capped_by:
        text += f", at the latest {keep.capped_by}"
    if keep.shortened_by:
        text += f"; shortened by {keep.shortened_by}"
    if keep.unfinished:
        text += f"; unfinished: {keep.unfinished_hours} hours"
    return text
