"""Publishing an announcement, which leaves a trace."""

from datetime import datetime

from django.db import transaction

from smartsvar.audit.actors import Acting
from smartsvar.audit.trail import record
from smartsvar.bulletins.models import Bulletin


def publish(bulletin: Bulletin, *, by: Acting, at: datetime) -> None:
    """Store an announcement, new or changed; from then on everybody reads it.

    Raises ValidationError for a span that is none.
    """
    bulletin.full_clean(exclude=["changed_at"])
    verb = "bulletin.published" if bulletin._state.adding else "bulletin.changed"
    bulletin.changed_at = at
    with transaction.atomic():
        bulletin.save()
        record(verb, bulletin, by=by, customer_id=None, at=at)
