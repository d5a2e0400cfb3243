"""What an erasure leaves behind: counts, laws and times, and nothing of whom it was about."""

from collections import Counter
from datetime import UTC, datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Sum
from django.utils import translation

from customers.models import User
from privacy.erasures.preview import hanging_on, preview
from privacy.erasures.scope import about_of
from privacy.models import Erasure, ErasureBatch, ErasureState
from privacy.receipts import keys
from privacy.receipts.verify import CERTIFICATE
from smartsvar.shredding.models import Receipt, Shreddable, ShredJob


def note_batch(erasure: Erasure, model: type[Shreddable], job: ShredJob) -> None:
    """Tie a batch to the erasure, with what goes along: jobs of their own, and rows without a key.

    In the transaction that claims it: from then on nothing is added to what is claimed.
    """
    claimed = model._base_manager.filter(shred_job_id=job.id)
    along = {line.model._meta.label: line.count for line in hanging_on(model, claimed)}
    ErasureBatch.objects.create(job_id=job.id, erasure=erasure, along=along)
    others = [ErasureBatch(job_id=each.id, erasure=erasure) for each in job.along]
    ErasureBatch.objects.bulk_create(others)


def certify(erasure: Erasure, state: ErasureState, at: datetime) -> None:
    """Write the signed certificate into the row; the caller, in a transaction, saves.

    What went is counted from the receipts of the erasure's own batches, so a worker that died and
    another that went on count nothing twice. Call keys.ready() before, and this while the row
    still names whom it is about. Raises VaultError when nothing can be signed now, NoKey.
    """
    _date_itself(erasure, at)
    left = preview(erasure.customer_id, about_of(erasure))
    with translation.override("en"):  # what a program checks says the same to everybody
        kept = [
            {
                "model": line.model._meta.label,
                "count": line.count,
                "law": str(line.law),
                "until": _iso(line.until),
            }
            for line in left.staying
        ]
    fact = {
        "format": CERTIFICATE,
        "installation": settings.INSTALLATION_ID,
        "erasure": str(erasure.id),
        "customer": str(erasure.customer_id),
        "about": erasure.target,
        "result": str(state),
        "asked_at": _iso(erasure.asked_at),
        "ended_at": _iso(at),
        "erased": erased(erasure),
        "kept": kept,
        "still_mentioned": {line.model._meta.label: line.count for line in left.mentioned},
    }
    erasure.certificate = keys.sign(keys.hold(), fact, at)


def _date_itself(erasure: Erasure, at: datetime) -> None:
    """Store from when its own time runs, which begins now: it is among what an account leaves."""
    erasure.closed_at = at
    Erasure._base_manager.filter(id=erasure.id).update(due_at=erasure.derive_due())


def erased(erasure: Erasure) -> dict[str, int]:
    """Return how many rows of each model this erasure has destroyed, as its preview counts them.

    Its batches' rows and what went along with them, and the sign-ins that ended with it.
    """
    batches = dict(erasure.batches.values_list("job_id", "along"))
    rows = Receipt.objects.filter(job_id__among=list(batches)).values_list("model")
    gone = Counter(dict(rows.annotate(sum=Sum("count"))))
    for along in batches.values():
        gone.update(along)
    people = {UUID(person) for person in erasure.people}
    left = User.objects.filter(id__among=list(people)).count() if people else 0
    gone[User._meta.label] += len(people) - left
    return {model: gone[model] for model in sorted(gone) if gone[model]}


def _iso(moment: datetime | None) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds") if moment else ""
