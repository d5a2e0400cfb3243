"""Ask for an erasure inside an installation, and look at what it has left."""

from collections import Counter
from typing import Any
from uuid import UUID

from customers.actions.covers import About
from customers.models import Customer, Target
from drill.stock import chief_of
from privacy.erasures.preview import preview
from privacy.erasures.scope import parts_of
from privacy.erasures.steps import ask_erasure
from privacy.models import Erasure
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import database_now
from smartsvar.shredding.models import ShredJob

ACCOUNT = About(target=Target.CUSTOMER)


def ask_account(customer_id: str) -> tuple[str, list[str], dict[str, int]]:
    """Ask for the erasure of an account at once; return its id and those of the rows to go.

    And what its preview counts: also what has no key of its own, and the sign-ins.
    """
    customer = Customer.objects.get(id=UUID(customer_id))
    parts = [part for part in parts_of(customer.id, ACCOUNT) if not part.stays]
    mine = [str(row) for part in parts for row in part.rows.values_list("id", flat=True)]
    counted = {line.model._meta.label: line.count for line in preview(customer.id, ACCOUNT).going}
    erasure = ask_erasure(customer, ACCOUNT, by=chief_of(customer), at=database_now())
    return str(erasure.id), mine, counted


def erased(erasure_id: str, mine: list[str], counted: dict[str, int]) -> dict[str, Any]:
    """Hold the certificate against what was counted before, the trail against the rows to go."""
    erasure = Erasure.objects.get(id=UUID(erasure_id))
    counts = erasure.certificate["fact"]["erased"]
    told = AuditEntry.objects.filter(customer_id=erasure.customer_id)
    noted = Counter(
        str(row)
        for row in told.filter(verb__endswith=".deleted").values_list("object_id", flat=True)
    )
    return {
        "certified": sum(counts.values()),
        "wrong": {
            "models counted otherwise in the certificate": sum(
                counted.get(model) != counts.get(model) for model in counted | counts
            ),
            "rows not noted": len(set(mine) - noted.keys()),
            "rows noted more than once": sum(count > 1 for count in noted.values()),
            "jobs": ShredJob.objects.count(),
        },
    }
