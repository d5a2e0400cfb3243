"""What an erasure leaves behind: counts, laws and times, and nothing of whom it was about."""

from datetime import UTC, datetime

from django.conf import settings
from django.db.models import Sum
from django.utils import translation

from privacy.erasures.preview import preview
from privacy.erasures.scope import about_of
from privacy.models import Erasure, ErasureState
from privacy.receipts import keys
from privacy.receipts.verify import CERTIFICATE
from smartsvar.shredding.models import Receipt


def certify(erasure: Erasure, state: ErasureState, at: datetime) -> None:
    """Write the signed certificate into the row; the caller, in a transaction, saves.

    What went is counted from the receipts of the erasure's own batches, so a worker that died and
    another that went on count nothing twice. Call keys.ready() before, and this while the row
    still names whom it is about. Raises VaultError when nothing can be signed now, NoKey.
    """
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


def erased(erasure: Erasure) -> dict[str, int]:
    """Return how many rows of each model this erasure's batches have destroyed."""
    jobs = list(erasure.batches.values_list("job_id", flat=True))
    rows = Receipt.objects.filter(job_id__among=jobs).values_list("model")
    return dict(rows.annotate(sum=Sum("count")).order_by("model"))


def _iso(moment: datetime | None) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds") if moment else ""
