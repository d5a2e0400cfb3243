"""What support learns of a request: who stands behind it, and on purpose what is asked."""

from datetime import datetime

from django.utils.translation import gettext as _

from customers.models import Member
from privacy.models import Case
from smartsvar.audit.actors import Acting
from smartsvar.audit.trail import record


def read_wish(case: Case, *, by: Acting, at: datetime) -> str:
    """Return what is asked, in the asker's words, and leave a trace of who read it."""
    record("case.read", case, by=by, customer_id=case.customer_id, at=at)
    return str(case.wish)


def standing_of_asker(case: Case) -> str:
    """Return how whoever opened the request stands to the customer, without a name.

    Who opened it in the portal has proved who they are by signing in.
    """
    if case.opened_by_kind == "member" and case.opened_by:
        member = Member.objects.filter(id=case.opened_by, customer=case.customer_id).timely()
        found = member.defer("sealed").first()
        if found is None:
            return _("a former member")
        return _("%(role)s, signed in (member %(id)s)") % {
            "role": found.get_role_display(), "id": found.id,
        }  # fmt: skip
    return _("by letter or telephone, through support")
