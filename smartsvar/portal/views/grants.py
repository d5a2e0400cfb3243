"""Support's permissions to listen: what is permitted now, what was, and who listened under it."""

from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from customers.access import administers, member_page
from customers.models import Member
from recordings.models import Listen, ListeningGrant
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import database_now
from smartsvar.paging import openable, page_of
from smartsvar.portal.trail import Line, Teller

GRANTS = 20
LISTENS = 200  # of one page: the rest is on the page of who has seen the data


@dataclass(frozen=True)
class GrantLine:
    """One permission for reading."""

    grant: ListeningGrant
    live: bool
    by: str  # "" for a former member
    listens: list[Line]


@require_safe
@member_page(may=administers, restricted=True)
def grants(request: HttpRequest, member: Member) -> HttpResponse:
    rows = ListeningGrant.objects.filter(customer=member.customer).timely()
    older, newer = request.GET.get("older", ""), request.GET.get("newer", "")
    named = rows.select_related("recording").defer("recording__sealed")
    page = page_of(named, moment="begins_at", older=older, newer=newer, size=GRANTS)
    context = {"member": member, "page": page, "lines": _lines(member, page.rows)}
    return render(request, "portal/grants.html", context)


def _lines(member: Member, grants: list[ListeningGrant]) -> list[GrantLine]:
    at = database_now()
    givers = Member.objects.of(member.customer).filter(id__in={each.granted_by for each in grants})
    names = {giver.id: giver.name for giver in openable(list(givers))}
    listens = _listens(member, grants)
    return [
        GrantLine(each, each.in_force(at), names.get(each.granted_by, ""), listens[each.id])
        for each in grants
    ]


def _listens(member: Member, grants: list[ListeningGrant]) -> dict[UUID, list[Line]]:
    """Return what was listened to under each of the grants, newest first."""
    found = list(Listen.objects.filter(grant__in=grants).order_by("-at", "-id")[:LISTENS])
    entries = AuditEntry.objects.of(member.customer_id)
    by_id = {row.id: row for row in entries.filter(id__in=[each.entry_id for each in found])}
    kept = [each for each in found if each.entry_id in by_id]
    lines = Teller(member).tell(by_id[each.entry_id] for each in kept)
    listens: dict[UUID, list[Line]] = defaultdict(list)
    for each, line in zip(kept, lines, strict=True):
        listens[each.grant_id].append(line)
    return listens
