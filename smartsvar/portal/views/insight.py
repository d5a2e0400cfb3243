"""Who has seen the data, as a page and as a file."""

from django.http import HttpRequest, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from customers.access import member_page
from customers.models import Member
from smartsvar.paging import page_of
from smartsvar.portal.insight import InsightFilter, written
from smartsvar.portal.trail import Teller, entries_for

LINES = 50


@require_safe
@member_page(restricted=True)
def insight(request: HttpRequest, member: Member) -> HttpResponseBase:
    form = InsightFilter(request.GET)
    rows = form.apply(entries_for(member))
    if request.GET.get("form") == "csv":
        name = pgettext("file name", "insight")
        head = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
        kind = "text/csv; charset=utf-8"
        return StreamingHttpResponse(written(member, rows), content_type=kind, headers=head)
    older, newer = request.GET.get("older", ""), request.GET.get("newer", "")
    page = page_of(rows, moment="at", older=older, newer=newer, size=LINES)
    lines = list(zip(page.rows, Teller(member).tell(page.rows), strict=True))
    context = {"member": member, "form": form, "page": page, "lines": lines}
    return render(request, "portal/insight.html", context)
