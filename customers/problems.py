"""Errors of the API as application/problem+json (RFC 9457): a stable code, never the input.

`type` is about:blank, so `title` is the status in words; `instance` is the request's own id as a
URN, which our log carries too. Details are in English, like everything else a program reads.
"""

import math
from http import HTTPStatus
from typing import Any
from uuid import UUID

import structlog
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.http.request import UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions

from smartsvar.ids import new_id
from smartsvar.shredding.models import Held
from smartsvar.unreadable import LATER, RETRY_SECONDS, noticed
from smartsvar.vault.errors import Unreadable

log = structlog.get_logger(__name__)

CONTENT_TYPE = "application/problem+json"
WAIT = {"Retry-After": str(RETRY_SECONDS)}
LATER_HEADERS = {503: WAIT, 507: WAIT}


class Problem(Exception):
    """A refusal: status, stable code, a sentence of ours, the field where there is one."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        field: str = "",
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.status, self.code, self.detail, self.field = status, code, detail, field
        self.headers = headers or LATER_HEADERS.get(status, {})
        self.errors: list[dict[str, str]] = []


_NOWHERE = "There is no such thing here, or not for this key."
_UNREADABLE = "The request's body cannot be read as its Content-Type says."
_NO_SCOPE = "The key lacks the scope for this."

# What frameworks raise, in our words: theirs repeat the input here and there.
WORDS: list[tuple[type[Exception], int, str, str]] = [
    (Http404, 404, "not_found", _NOWHERE),
    (exceptions.NotFound, 404, "not_found", _NOWHERE),
    (exceptions.MethodNotAllowed, 405, "method_not_allowed", "Not a method of this address."),
    (exceptions.NotAcceptable, 406, "not_acceptable", "This address does not answer so."),
    (
        exceptions.UnsupportedMediaType, 415, "unsupported_media_type",
        "This address does not take this Content-Type.",
    ),
    (exceptions.ParseError, 400, "unreadable", _UNREADABLE),
    (exceptions.NotAuthenticated, 401, "not_authenticated", "Send Authorization: Bearer ssv_…"),
    (exceptions.AuthenticationFailed, 401, "bad_key", "The key is unknown or has ended."),
    (exceptions.PermissionDenied, 403, "scope_missing", _NO_SCOPE),
    (PermissionDenied, 403, "scope_missing", _NO_SCOPE),
    (
        Held, 409, "held",
        "A hold keeps this from being deleted: a legal claim or an open request needs it.",
    ),
    (exceptions.Throttled, 429, "too_many_requests", "Wait as Retry-After says."),
    (MultiPartParserError, 400, "unreadable", _UNREADABLE),
    (RequestDataTooBig, 413, "too_large", "The body is too large."),
    (UnreadablePostError, 400, "truncated", "The connection ended before the body did."),
    (SuspiciousOperation, 400, "refused", "This service does not take such a request."),
]  # fmt: skip


def problem_response(error: Exception, context: dict[str, Any]) -> JsonResponse:
    """Answer any exception inside the API; the REST framework calls this."""
    return render(as_problem(error, context.get("view")), new_id())


def as_problem(error: Exception, view: Any = None) -> Problem:
    """Put an exception in our words. What nobody foresaw is logged and becomes a 500."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, exceptions.ValidationError):
        return _invalid(error)
    if isinstance(error, LATER):
        return _later(error)
    if isinstance(error, Unreadable):
        return _unreadable(error)
    for kind, status, code, detail in WORDS:
        if isinstance(error, kind):
            return Problem(status, code, detail, headers=_headers(error, view))
    log.error("api failed", exc_info=error)
    return Problem(500, "internal_error", "Something failed here. It has been logged.")


def _later(error: Exception) -> Problem:
    log.error("unavailable", exc_info=error)
    return Problem(503, "unavailable", "The service cannot do this now. Try again later.")


def _unreadable(error: Unreadable) -> Problem:
    """Say what is damaged; what was deleted a moment ago is not found, like all that is gone."""
    if not noticed(error):
        return Problem(404, "not_found", _NOWHERE)
    return Problem(500, "damaged", "This record cannot be opened. It has been reported.")


def _headers(error: Exception, view: Any) -> dict[str, str]:
    if isinstance(error, exceptions.NotAuthenticated | exceptions.AuthenticationFailed):
        return {"WWW-Authenticate": 'Bearer realm="smartsvar"'}
    if isinstance(error, exceptions.Throttled):
        return {"Retry-After": str(max(1, math.ceil(getattr(error, "wait", None) or 1)))}
    if isinstance(error, exceptions.MethodNotAllowed) and view is not None:
        return {"Allow": ", ".join(view.allowed_methods)}
    return {}


def _invalid(error: exceptions.ValidationError) -> Problem:
    """One problem for a whole body: every field with its code, and the first one at the top."""
    found = list(_leaves(error.detail, ""))
    problem = Problem(400, "invalid", "Some fields are not as they must be.")
    problem.errors = [{"field": field, "code": code, "detail": text} for field, code, text in found]
    if len(found) == 1:
        problem.field, _, problem.detail = found[0]
    return problem


def _leaves(detail: Any, path: str) -> Any:
    """Yield (field, code, text). Our serializers' fields say nothing of the value they refuse."""
    if isinstance(detail, dict):
        for name, inner in detail.items():
            own = "" if name == "non_field_errors" else str(name)
            yield from _leaves(inner, f"{path}.{own}" if path and own else path or own)
    elif isinstance(detail, list):
        for inner in detail:
            yield from _leaves(inner, path)
    else:
        yield path, detail.code, str(detail)


def render(problem: Problem, request_id: UUID) -> JsonResponse:
    """Return the problem as a response; its request id is in the log beside what happened."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(problem.status).phrase,
        "status": problem.status,
        "code": problem.code,
        "detail": problem.detail,
        "instance": f"urn:uuid:{request_id}",
        "request_id": str(request_id),
    }
    if problem.field:
        body["field"] = problem.field
    if problem.errors:
        body["errors"] = problem.errors
    log.info("api refused", status=problem.status, error=problem.code, request_id=str(request_id))
    response = JsonResponse(body, status=problem.status, content_type=CONTENT_TYPE)
    for name, value in problem.headers.items():
        response[name] = value
    response["Cache-Control"] = "no-store"
    response["Content-Language"] = "en"
    return response


@csrf_exempt
def unknown_address(request: HttpRequest) -> JsonResponse:
    """Answer an address below /api/ that does not exist."""
    detail = "There is no such address. Addresses of the API end with a slash."
    return render(Problem(404, "not_found", detail), new_id())
