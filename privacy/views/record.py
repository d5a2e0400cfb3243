"""The article 30 record, for support."""

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from privacy.record.papers import whole_record
from privacy.views.documents import answer_with
from smartsvar.back_office.site import support_site
from smartsvar.clock import database_now
from subprocessors.notices import today


@require_safe
def record(request: HttpRequest) -> HttpResponse:
    """The whole record; only behind `support_site.admin_view`."""
    document = whole_record(today(database_now()))
    context = support_site.each_context(request) | {"title": _("Record of processing activities")}
    return answer_with(request, document, "privacy/record.html", **context)
