"""What a purge must not leave behind, and where it was when it was killed."""

import json
from collections import Counter

from celery import current_app
from django.apps import apps

from privacy.models import SignedReceipt, SigningKey
from privacy.purging.purge import preview
from privacy.receipts import keys as signing
from privacy.receipts import verify
from privacy.receipts.files import chain_of
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import database_now
from smartsvar.shredding.actions import VERBS
from smartsvar.shredding.models import Receipt, Shreddable, ShredJob
from smartsvar.vault.models import RecordKey
from smartsvar.vault.rows import SealedModel
from smartsvar.vault.storage import blob_store


def nudge() -> None:
    """Send the task that the schedule sends."""
    current_app.send_task("privacy.purge_due")


def flush_broker() -> int:
    """Throw away what waits in the broker; return how many tasks that were."""
    return int(current_app.control.purge() or 0)


def where() -> str:
    """Say how far a purge had come that is not at work any more."""
    states = set(ShredJob.objects.values_list("state", flat=True))
    if states:
        return " and ".join(sorted(states))
    return "before the claim" if _due() else "after the end"


def _due() -> int:
    return sum(due.rows for due in preview(database_now()))


def leftovers(doomed: list[str]) -> dict[str, int]:
    """Count what must not be there after a purge of the rows `doomed`: all counts must be 0."""
    models = [model for model in apps.get_models() if issubclass(model, SealedModel)]
    rows = {str(pk) for model in models for pk in model._base_manager.values_list("pk", flat=True)}
    needed = {key for m in models for key in m._base_manager.values_list("key_id", flat=True)}
    needed |= set(SigningKey.objects.values_list("key_id", flat=True))
    keys = set(RecordKey.objects.values_list("id", flat=True))
    names = {stored.name.rsplit("/", 1)[-1] for stored in blob_store().remains()}
    noted = _purged()
    return {
        "due rows": _due(),
        "jobs": ShredJob.objects.count(),
        "claimed rows": sum(_claimed(m) for m in models if issubclass(m, Shreddable)),
        "orphan keys": len(keys - needed),
        "orphan bytes": len(names - rows),
        "rows not noted": len(set(doomed) - noted.keys()),
        "rows noted more than once": sum(count > 1 for count in noted.values()),
        "rows noted that were not due": len(noted.keys() - set(doomed)),
    }


def receipts() -> dict[str, int]:
    """Check every customer's chain; count deletions by receipt, faults, and what has none."""
    owners = set(SignedReceipt.objects.values_list("customer_id", flat=True).distinct())
    chains = [json.loads("".join(chain_of(owner))) for owner in owners]
    published = signing.published()
    deleted = [
        each["count"]
        for chain in chains
        for signed in chain["receipts"]
        for each in signed["fact"]["deleted"]
    ]
    return {
        "deleted": sum(deleted),
        "receipts": sum(len(chain["receipts"]) for chain in chains),
        "faults": sum(len(list(verify.faults(chain, published))) for chain in chains),
        "unsigned": Receipt.objects.filter(signed_in=None).count(),
    }


def _claimed(model: type[Shreddable]) -> int:
    return model._base_manager.exclude(shred_job_id=None).count()


def _purged() -> "Counter[str]":
    """Count the trail's entries of a purge, by object."""
    verb = f".{VERBS[ShredJob.Reason.RETENTION]}"
    entries = AuditEntry.objects.filter(verb__endswith=verb)
    return Counter(str(row) for row in entries.values_list("object_id", flat=True))
