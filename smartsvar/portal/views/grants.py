"""Support's permissions to listen: what is permitted now, what was, and who listened under it."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Window
from django.db.models.functions import RowNumber
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
LISTENS = 10  # of one grant: the rest is on the page of who has seen the data


@dataclass(frozen=True)
class GrantLine:
    """One permission for reading."""

    grant: ListeningGrant
    live: bool
    by: str  # "" for a former member
    listens: list[Line]
    count: int  # of all its listenings, those that the log has let go of too

    @property
    def more(self) -> bool:
        """Whether there were more than are listed."""
        return self.count > len(self.listens)


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
    found = _newest(grants)
    listens, counts = _told(member, found), {each.grant_id: each.count for each in found}
    return [
        GrantLine(
            each, each.in_force(at), names.get(each.granted_by, ""), listens[each.id],
            counts.get(each.id, 0),
        )
        for each in grants
    ]  # fmt: skip


def _newest(grants: list[ListeningGrant]) -> list[Any]:
    """Return the newest listenings of each grant, with the `count` of all of that grant's.

    Cut for each by itself: else one that is used much would leave none of the others'.
    """
    newest = Window(RowNumber(), partition_by="grant_id", order_by=["-at", "-id"])
    rows = Listen.objects.filter(grant__in=grants).annotate(
        place=newest, count=Window(Count("id"), partition_by="grant_id")
    )
    return list(rows.filter(place__lte=LISTENS).order_by("-at", "-id"))


def _told(member: Member, found: list[Any]) -> dict[UUID, list[Line]]:
    """Return the listenings in words, under their grants, as far as the log reaches back."""
    entries = AuditEntry.objects.of(member.customer_id)
    by_id = {row.id: row for row in entries.filter(id__in=[each.entry_id for each in found])}
    kept = [each for each in found if each.entry_id in by_id]
    lines = Teller(member).tell(by_id[each.entry_id] for each in kept)
    listens: dict[UUID, list[Line]] = defaultdict(list)
    for each, line in zip(kept, lines, strict=True):
        listens[each.grant_id].append(line)
    return listens
