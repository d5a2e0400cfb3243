"""The trail: who saw, played, changed or deleted what of the customer's."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from customers.access import member_page
from customers.models import Member
from smartsvar.paging import page_of
from smartsvar.portal.trail import Teller, entries_for

LINES = 50


@require_safe
@member_page()
def trail(request: HttpRequest, member: Member) -> HttpResponse:
    entries = entries_for(member)
    older, newer = request.GET.get("older", ""), request.GET.get("newer", "")
    page = page_of(entries, moment="at", older=older, newer=newer, size=LINES)
    lines = Teller(member).tell(page.rows)
    return render(request, "portal/trail.html", {"member": member, "page": page, "lines": lines})
