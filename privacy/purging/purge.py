"""Everything due, destroyed: the declarations say what, the ground floor knows how."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any, NamedTuple, cast

import structlog
from django.db import models
from django.db.models import Count, Min

from customers.actions.leaving import end_sign_ins
from customers.models import User
from smartsvar.audit.chain import prune
from smartsvar.audit.models import AuditChain
from smartsvar.leases import LostLease
from smartsvar.personal_data import Erase, Keep, PersonalData, declared
from smartsvar.shredding.actions import carry_out, take_over
from smartsvar.shredding.claims import claim_due
from smartsvar.shredding.models import Shreddable, ShredJob
from smartsvar.vault.errors import RootUnreachable, WrongRoot

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

    Raises Incomplete at the end when something failed that nobody foresaw.
    """
    outcome = purge_all(at)
    if outcome.failed:
        raise Incomplete(outcome.failed, outcome.gone)
    return outcome.gone


def purge_all(at: datetime, run: "Outcome | None" = None) -> "Outcome":
    """Destroy everything that is due at `at`, whatever fails; return what went and what did not.

    `run`: what was noted before, to go on with.

    First finishes the jobs whose worker died. A job that fails (ledger, storage or root key
    unreachable) keeps its claim and waits for the next run.
    """
    run = Outcome() if run is None else run
    run.prepare(ShredJob._meta.label, _carry_out_all, run, take_over(at))
    for model, _ in shreddable():
        run.prepare(model._meta.label, _carry_out_all, run, _claims(model, at))
    for table, said in declared():
        if said.erase is Erase.DELETE:
            run.attempt(table._meta.label, delete_due, table, said.keep, at)
        elif said.erase is Erase.PRUNE:
            run.attempt(table._meta.label, prune_due, said.keep, at)
    return run


class Incomplete(Exception):
    """Something failed during a purge; args: the models, and what did go."""


class Outcome:
    """What went in one run, what waits for the next, what failed: one fault never stops the rest.

    waiting, failed: a model's label per batch.
    """

    def __init__(self) -> None:
        self.gone: dict[str, int] = {}
        self.waiting: list[str] = []
        self.failed: list[str] = []

    def attempt(self, model: str, work: Callable[..., int], *arguments: Any) -> None:
        """Destroy a batch, and note how it went."""
        if count := self.prepare(model, work, *arguments):
            self.gone[model] = self.gone.get(model, 0) + count

    def prepare(self, name: str, work: Callable[..., int], *arguments: Any) -> int:
        """Do what destroys nothing itself, and note it if it fails; return its count, else 0."""
        try:
            return work(*arguments)
        except LostLease:
            return 0
        except (OSError, RootUnreachable, WrongRoot) as error:
            log.error("purge waits", model=name, error=type(error).__name__)
            self.waiting.append(name)
        except Exception:
            log.exception("purge failed", model=name)
            self.failed.append(name)
        return 0


def _carry_out_all(run: Outcome, jobs: Iterator[ShredJob]) -> int:
    """Carry out each job as it comes; return how many came. Raises what getting the next raises."""
    came = 0
    for job in jobs:
        came += 1
        run.attempt(job.model, carry_out, job)
    return came


def _claims(model: type[Shreddable], at: datetime) -> Iterator[ShredJob]:
    position = None
    while True:
        job, position = claim_due(model, at, after=position)
        if position is None:
            return
        if job is not None:
            yield job


def due_rows(model: type[models.Model], keep: Keep, at: datetime) -> list[Any]:
    """Return the keys of an unsealed table's rows that are due."""
    rows = model._base_manager.filter(**keep.earliest(at)).iterator(chunk_size=1000)
    return [row.pk for row in rows if (due := keep.due(row)) is not None and due <= at]


def delete_due(model: type[models.Model], keep: Keep, at: datetime) -> int:
    """Delete the due rows of an unsealed table, with what hangs on them."""
    keys = due_rows(model, keep, at)
    if model is User:  # with what their second factors are sealed under; nobody who is a member
        return end_sign_ins(keys)
    for start in range(0, len(keys), 500):
        model._base_manager.filter(pk__in=keys[start : start + 500]).delete()
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
    if keep.fiscal_years is not None:
        return f"{keep.fiscal_years} calendar years after that of {keep.since}"
    length = [f"{keep.months} months"] if keep.months else []
    length += [f"{keep.chosen_days()} days"] if keep.days is not None else []
    text = f"{' and '.join(length)} after {keep.since}"
    if keep.capped_by:
        text += f", at the latest {keep.capped_by}"
    if keep.shortened_by:
        text += f"; shortened by {keep.shortened_by}"
    if keep.unfinished:
        text += f"; unfinished: {keep.unfinished_hours} hours"
    return text
