"""Which requests a member sees, and how a request is told to it."""

from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Count, Min, Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from customers.models import Member, StaffMember, Target
from privacy.models import Case, CaseState
from smartsvar import callers
from smartsvar.unreadable import noticed_in_list
from smartsvar.vault.errors import Unreadable

CHIPS = {CaseState.GRANTED: "good", CaseState.REFUSED: "bad"}


def cases_of(member: Member) -> "QuerySet[Case]":
    """Return the requests the member made or is the subject of; to an administrator also others'.

    Not what another member asks about itself: that is between that person and us. A restricted
    customer has its requests too.
    """
    seen = Q(opened_by_kind="member", opened_by=member.id)
    seen |= Q(target=Target.MEMBER, object_id=member.id)
    if member.is_administrator:
        seen |= ~Q(target=Target.MEMBER)
    rows: QuerySet[Case] = Case.objects.filter(seen, customer=member.customer).timely()
    return rows


class Unanswered(NamedTuple):
    """A customer's requests that are open: how many, and when the first is to be answered."""

    number: int
    first: date | None


def unanswered(customer_id: UUID) -> Unanswered:
    """Count a customer's open requests, whoever made them: an erased account takes them along."""
    rows = Case._base_manager.filter(customer_id=customer_id, closed_at=None, shred_job_id=None)
    return Unanswered(**rows.aggregate(number=Count("pk"), first=Min("answer_by")))


def fetch_case(member: Member, identity: UUID) -> Case:
    """Return the request with this id, if the member may see it. Raises Http404."""
    case = cases_of(member).filter(id=identity).select_related("customer").first()
    if case is None:
        raise Http404
    return case


def may_withdraw(case: Case, member: Member) -> bool:
    """Who made it takes it back; an administrator also what others made for the customer.

    Not what support took in by letter or telephone: that is a caller's own to take back.
    """
    own = (case.opened_by_kind, case.opened_by) == ("member", member.id)
    ours = case.opened_by_kind in {"member", "key"}
    return case.open and (own or (ours and member.is_administrator))


def about_in_words(case: Case) -> str:
    """Return whom or what the request is about, by name where there still is one to show."""
    kind = str(case.get_target_display())
    if case.target == Target.CALLER:
        return callers.display(case.caller) or kind
    return _name_of(case) or kind


def _name_of(case: Case) -> str:
    models: dict[str, Any] = {Target.STAFF: StaffMember, Target.MEMBER: Member}
    model = models.get(case.target)
    if model is None or case.object_id is None:
        return ""
    found = model.objects.of(case.customer).filter(id=case.object_id).first()
    try:
        return "" if found is None else str(found.name)
    except Unreadable as error:
        noticed_in_list(error, found)
        return ""


def lawful_words(state: str) -> str:
    """Return what was decided, in a sentence for the answer."""
    words = {
        CaseState.GRANTED: _("We grant your request."),
        CaseState.REFUSED: _("We do not grant your request."),
        CaseState.WITHDRAWN: _("The request was taken back, so we have closed it."),
    }
    return words.get(CaseState(state), "")
