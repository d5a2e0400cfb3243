"""How the main database, the key store and the erasure ledger stand to each other.

After a restore from backup they disagree, and what they disagree about tells which of them was put
back, to when, and what must be destroyed again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db.models import Model

from smartsvar.clock import database_now
from smartsvar.ids import first_id
from smartsvar.shredding import ledger
from smartsvar.shredding.marks import (
    At,
    Marks,
    advance,
    missing,
    read_marks,
    set_keys,
    set_main,
    write,
)
from smartsvar.shredding.models import ErasedBatch, ShredJob
from smartsvar.vault.models import DestroyedBatch

SKEW = timedelta(days=1)  # between our clocks and the storage's


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What was found.

    broken: why the ledger cannot be trusted. main_behind, keys_behind: batches that the ledger
    names as destroyed and that this database does not know of, though no job is at work on them.
    """

    broken: tuple[str, ...]
    main_behind: frozenset[UUID]
    keys_behind: frozenset[UUID]
    marks: Marks

    @property
    def sound(self) -> bool:
        return not (self.broken or self.behind or self.marks.main_older or self.marks.keys_older)

    @property
    def behind(self) -> frozenset[UUID]:
        """Every batch that is to be destroyed once more."""
        return self.main_behind | self.keys_behind

    def sentences(self) -> list[str]:
        """Return what is wrong, for the operator; nothing when all is well."""
        found = [f"The erasure ledger is broken: {fault}." for fault in self.broken]
        for name, older, mark, behind in (
            ("main database", self.marks.main_older, self.marks.main, self.main_behind),
            ("key store", self.marks.keys_older, self.marks.keys, self.keys_behind),
        ):
            if older:
                found.append(_older(name, mark, self.marks.ledger))
            if behind:
                found.append(f"The {name} has forgotten {len(behind)} erasures of the ledger.")
        return found


def _older(name: str, mark: At, ledger_mark: At) -> str:
    since = f"stands at {mark.at:%Y-%m-%d %H:%M} UTC" if mark.at else "is empty"
    return (
        f"The {name} is older than the erasure ledger: it {since} (mark {mark.number}), the ledger "
        f"at {ledger_mark.at:%Y-%m-%d %H:%M} UTC (mark {ledger_mark.number})."
    )


def _jobs(table: type[Model]) -> set[UUID]:
    return set(table._default_manager.values_list("job_id", flat=True))


def standing() -> Standing:
    """Hold the databases against the ledger, without changing anything. Raises OSError.

    The order of reading lets jobs go on meanwhile: what a database knows now, and what the mark
    says, was in the ledger before; what the ledger names is under a job, or known, when the
    databases are read again.
    """
    known = _jobs(ErasedBatch) | _jobs(DestroyedBatch)
    try:
        marks, broken = read_marks(), []
    except ledger.BrokenLedger as error:
        marks, broken = Marks(At(), At(), At()), [str(error).rstrip(".")]
    names, foreign = ledger.listed()
    broken += [*foreign, *missing(names, marks.ledger.chains)]
    if marks.ledger_cut:
        newest = max(marks.main.number, marks.keys.number)
        broken.append(f"it ends at mark {marks.ledger.number}, the databases at {newest}")
    named = {name.job for name in names}
    if lacking := _lacking(known - named, marks):
        broken.append(f"it lacks {len(lacking)} erasures that the databases know of")
    waiting = set(ShredJob.objects.values_list("id", flat=True))
    return Standing(
        broken=tuple(broken),
        main_behind=frozenset(named - waiting - _jobs(ErasedBatch)),
        keys_behind=frozenset(named - waiting - _jobs(DestroyedBatch)),
        marks=marks,
    )


def _lacking(unnamed: set[UUID], marks: Marks) -> set[UUID]:
    """Return the batches that the ledger must still name and does not."""
    since = database_now() - timedelta(days=settings.LEDGER_DAYS)
    return {
        job for job in unnamed if job >= first_id(max(since, marks.ledger.pruned or since) + SKEW)
    }


def prune(at: datetime) -> int:
    """Remove what the ledger need not hold any longer, and then the databases' notes of it.

    Returns how many objects of the ledger went. The notes stay a week longer: a note without its
    object is nothing, an object without its note is an erasure that was forgotten.
    """
    before = at - timedelta(days=settings.LEDGER_DAYS)
    advance(at, pruned=before)
    marked = read_marks().ledger
    if marked.pruned is None or marked.pruned < before:
        return 0  # another process was at it; the last mark must not name what is pruned
    gone = ledger.prune(before)
    named = {name.job for name in ledger.listed()[0]}
    for table in (ErasedBatch, DestroyedBatch):
        old = table._default_manager.filter(at__lt=before - timedelta(days=7))
        forget = set(old.values_list("job_id", flat=True)) - named
        table._default_manager.filter(job_id__among=list(forget)).delete()
    return gone


def accept_ledger(found: Standing, at: datetime) -> None:
    """Go on with a ledger that has lost something: what only it knew comes back with a backup.

    The databases forget the batches that it lacks, and a new mark says what it holds now.
    """
    named = {name.job for name in ledger.listed()[0]}
    for table in (ErasedBatch, DestroyedBatch):
        lacking = _lacking(_jobs(table) - named, found.marks)
        table._default_manager.filter(job_id__among=list(lacking)).delete()
    number = max(mark.number for mark in found.marks) + 1
    set_main(number, at)
    set_keys(number, at)
    write(number, at, pruned=found.marks.ledger.pruned)
