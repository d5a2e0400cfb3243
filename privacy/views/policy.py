"""The public policy."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from privacy.record.papers import policy as written_policy
from privacy.views.documents import answer_with, written_once
from smartsvar.clock import database_now
from subprocessors.notices import today


@require_safe
def policy(request: HttpRequest) -> HttpResponse:
    document = written_policy(today(database_now()))
    return answer_with(request, document, "privacy/policy.html", write=written_once)
