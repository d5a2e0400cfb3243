"""What every view of the API shares."""

import time
from typing import Any, cast

from django.http import HttpRequest
from django.http.request import UnreadablePostError
from django.http.response import HttpResponseBase
from django.utils import translation
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from customers.models import ApiKey, Customer

UNREAD_MOST = 1024 * 1024  # gunicorn.conf.py closes the connection after a longer body
UNREAD_SECONDS = 5.0


class OneFormat(BaseContentNegotiation):
    """Answers are JSON (or audio), whatever Accept says: RFC 9110 §12.5.1 allows it."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        kind = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == kind), None)

    def select_renderer(
        self, request: Request, renderers: Any, format_suffix: Any = None
    ) -> tuple[BaseRenderer, str]:
        return renderers[0], renderers[0].media_type


class ApiView(APIView):
    """A view for keys. `scopes` says which scope each method needs; without one it is refused."""

    scopes: dict[str, str] = {}
    http_method_names = ["get", "head", "post", "put", "patch", "delete"]
    content_negotiation_class = OneFormat

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Speak English, to programs; and let nothing between us and them keep an answer."""
        with translation.override("en"):
            response = super().dispatch(request, *args, **kwargs)
        if response.status_code >= 400:
            _read_on(request)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("Content-Language", "en")
        return response

    @property
    def key(self) -> ApiKey:
        """The key that asks."""
        return cast(ApiKey, self.request.auth)

    @property
    def customer(self) -> Customer:
        """Whose data it is about: the key's customer, or the one a platform key named."""
        return cast(Customer, self.request.customer)  # type: ignore[attr-defined]


def _read_on(request: HttpRequest) -> None:
    """Read what a refused request still sends: the connection's next request begins behind it."""
    left, until = UNREAD_MOST, time.monotonic() + UNREAD_SECONDS
    try:
        while left > 0 and time.monotonic() < until and (data := request.read(8192)):
            left -= len(data)
    except (UnreadablePostError, OSError):
        return  # there is no connection left to keep
