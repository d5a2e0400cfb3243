"""Ask for an erasure inside an installation, and look at what it has left."""

from collections import Counter
from typing import Any
from uuid import UUID

from customers.actions.covers import About
from customers.models import Customer, Target
from drill.stock import chief_of
from privacy.erasures.scope import parts_of
from privacy.erasures.steps import ask_erasure
from privacy.models import Erasure
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import database_now
from smartsvar.shredding.models import ShredJob

ACCOUNT = About(target=Target.CUSTOMER)


def ask_account(customer_id: str) -> tuple[str, list[str]]:
    """Ask for the erasure of an account at once; return its id and those of the rows to go."""
    customer = Customer.objects.get(id=UUID(customer_id))
    parts = [part for part in parts_of(customer.id, ACCOUNT) if not part.stays]
    mine = [str(row) for part in parts for row in part.rows.values_list("id", flat=True)]
    erasure = ask_erasure(customer, ACCOUNT, by=chief_of(customer), at=database_now())
    return str(erasure.id), mine


def erased(erasure_id: str, mine: list[str]) -> dict[str, Any]:
    """Hold the certificate and the trail against the rows that were to go."""
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
            "rows more or fewer in the certificate": sum(counts.values()) - len(mine),
            "rows not noted": len(set(mine) - noted.keys()),
            "rows noted more than once": sum(count > 1 for count in noted.values()),
            "jobs": ShredJob.objects.count(),
        },
    }
