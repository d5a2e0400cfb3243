"""Headers of every answer that a view makes, and one answer for all while the house is shut."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from smartsvar.portal.trouble import maintained

# What tells how the service is, and the language to read it in, stays open while it is worked on.
OPEN = ("/healthz/", "/status/", "/sprak/", "/.well-known/")
PERMISSIONS = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"


def private_pages(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Nothing is stored on the way or in the browser unless a view says otherwise.

    Every page, not only those of signed-in people: whoever forgets to ask fails closed.
    """

    def answer(request: HttpRequest) -> HttpResponseBase:
        response = get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        return response

    return answer


def closed_for_work(
    get_response: Callable[[HttpRequest], HttpResponseBase],
) -> Callable[[HttpRequest], HttpResponseBase]:
    """Answer 503 to everything but OPEN while MAINTENANCE is set; no database is asked."""

    def answer(request: HttpRequest) -> HttpResponseBase:
        if settings.MAINTENANCE and not request.path.startswith(OPEN):
            return maintained(request)
        return get_response(request)

    return answer
