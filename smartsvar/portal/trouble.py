"""Pages for what cannot be opened: now, or ever. They ask no database and open nothing."""

import sys
from collections.abc import Callable

import structlog
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.template.loader import render_to_string
from django.views.decorators.csrf import requires_csrf_token
from django.views.defaults import server_error

from customers.problems import Problem, problem_response
from customers.problems import render as render_problem
from smartsvar.ids import new_id
from smartsvar.shredding.models import Held
from smartsvar.unreadable import LATER, RETRY_SECONDS, noticed
from smartsvar.vault.errors import Unreadable

log = structlog.get_logger(__name__)

LIMIT_SECONDS = 60
SAFE = {"GET", "HEAD"}  # whoever asked by another method may have changed something


class Trouble:
    """Answers for what a page raised: 503 when it is about later, 500 or 404 when about damage."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Return the page, or None for what is not ours. Raises Http404 for what is deleted."""
        return _page_of(request, error)


@requires_csrf_token
def failed(request: HttpRequest) -> HttpResponse:
    """Answer what a middleware raised, outside of every view (the handler of all 500s)."""
    error = sys.exc_info()[1]
    try:
        page = _page_of(request, error) if isinstance(error, Exception) else None
    except Http404:
        page = None
    return page or server_error(request)


def too_many(request: HttpRequest) -> HttpResponse:
    """Answer who asked too often; every limit that leads here is counted per minute."""
    page = render_to_string("429.html", request=request)
    return HttpResponse(page, status=429, headers={"Retry-After": str(LIMIT_SECONDS)})


def maintained(request: HttpRequest) -> HttpResponse:
    """Answer that the service is closed for work on it; nothing was done."""
    if request.path.startswith("/api/"):
        detail = "The service is closed for maintenance; nothing was done. Send it again later."
        return render_problem(Problem(503, "maintenance", detail), new_id())
    page = render_to_string("maintenance.html", {"asked": request.method in SAFE})
    return HttpResponse(page, status=503, headers={"Retry-After": str(RETRY_SECONDS)})


def _page_of(request: HttpRequest, error: Exception) -> HttpResponse | None:
    if not isinstance(error, (*LATER, Unreadable, Held)):
        return None
    if request.path.startswith("/api/"):
        return problem_response(error, {})
    if isinstance(error, Held):  # whichever page wanted to delete: it says why it may not
        return HttpResponse(render_to_string("held.html", request=request), status=409)
    if isinstance(error, Unreadable):
        if not noticed(error):
            raise Http404
        return HttpResponse(render_to_string("damaged.html"), status=500)
    log.error("unavailable", exc_info=error)
    page = render_to_string("503.html", {"asked": request.method in SAFE})
    return HttpResponse(page, status=503, headers={"Retry-After": str(RETRY_SECONDS)})
