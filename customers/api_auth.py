"""Who calls the API: a key in the Authorization header, and nothing else. Sessions do not count."""

from typing import TYPE_CHECKING, Any

import structlog
from django.http import Http404
from django.utils import timezone
from redis.exceptions import RedisError
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import SimpleRateThrottle

from customers.actions.keys import find_api_key
from customers.models import ApiKey, Customer
from customers.problems import Problem

if TYPE_CHECKING:  # the framework imports this module while it makes its views
    from rest_framework.views import APIView

log = structlog.get_logger(__name__)

CUSTOMER_HEADER = "Smartsvar-Customer"


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer ssv_…`. Sets request.auth to the ApiKey and request.customer.

    There is no user: a key acts for itself. A platform key names its customer by number in the
    header Smartsvar-Customer; a customer's key that names another customer finds nothing (404).
    """

    def authenticate(self, request: Request) -> tuple[None, ApiKey] | None:
        scheme, _, shown = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
        key = find_api_key(shown.strip(), timezone.now()) if scheme.lower() == "bearer" else None
        if key is None or (key.customer is not None and not _open(key.customer)):
            self._count_stranger(request)
            if not scheme:
                return None
            raise AuthenticationFailed
        request.customer = _customer_for(key, request)  # type: ignore[attr-defined]
        return None, key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="smartsvar"'

    @staticmethod
    def _count_stranger(request: Request) -> None:
        """Guessing keys is slow: a refused key counts against the address it came from."""
        throttle = StrangerThrottle()
        if not throttle.allow_request(request, None):
            raise Throttled(wait=throttle.wait())


def _open(customer: Customer) -> bool:
    """Whether the customer is live: not claimed for destruction, not past its date."""
    due = customer.due_at
    return customer.shred_job_id is None and (due is None or due > timezone.now())


def _customer_for(key: ApiKey, request: Request) -> Customer:
    named = request.META.get("HTTP_SMARTSVAR_CUSTOMER", "").strip()
    if key.customer is not None:
        if named and named != str(key.customer.number):
            raise Http404
        return key.customer
    if not named:
        detail = f"A platform key names the customer by number in the header {CUSTOMER_HEADER}."
        raise Problem(400, "customer_missing", detail, field=CUSTOMER_HEADER)
    if not (named.isascii() and named.isdigit() and len(named) <= 9):
        raise Http404
    customer: Customer | None = Customer.objects.filter(number=int(named)).timely().first()
    if customer is None:
        raise Http404
    return customer


class HasScope(BasePermission):
    """The view says which scope each method needs; a method for which it says nothing is refused.

    A method that the view does not have passes, to be answered with 405.
    """

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if not isinstance(request.auth, ApiKey):
            return False
        method = "GET" if request.method == "HEAD" else request.method or ""
        if method not in view.allowed_methods:
            return True
        scopes: dict[str, str] = getattr(view, "scopes", {})
        return method in scopes and request.auth.allows(scopes[method])


class _RateOfSettings(SimpleRateThrottle):
    """Counts in the shared cache. A cache that is away lets requests in: calls must not be lost."""

    def get_rate(self) -> str:
        return str(api_settings.DEFAULT_THROTTLE_RATES[self.scope or ""])

    def allow_request(self, request: Request, view: "APIView | None") -> bool:
        try:
            return bool(super().allow_request(request, view))  # type: ignore[arg-type]
        except RedisError as error:
            log.warning("throttle is off", error=type(error).__name__)
            return True


class StrangerThrottle(_RateOfSettings):
    """Per address, for whoever has no key."""

    scope = "stranger"

    def get_cache_key(self, request: Request, view: "APIView | None") -> Any:
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}


class KeyThrottle(_RateOfSettings):
    """Per key; strangers (on pages that are open to them) per address."""

    scope = "key"

    def allow_request(self, request: Request, view: "APIView | None") -> bool:
        if not isinstance(request.auth, ApiKey):
            self.scope = "stranger"
            self.num_requests, self.duration = self.parse_rate(self.get_rate())
        return super().allow_request(request, view)

    def get_cache_key(self, request: Request, view: "APIView | None") -> Any:
        known = isinstance(request.auth, ApiKey)
        ident = request.auth.pk.hex if known else self.get_ident(request)
        return self.cache_format % {"scope": self.scope, "ident": ident}
