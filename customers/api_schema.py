"""The OpenAPI document: what every operation has in common is said here once."""

from typing import Any, Literal

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from customers.api_auth import CUSTOMER_HEADER


class FieldProblem(serializers.Serializer[Any]):
    """What is wrong with one field."""

    field = serializers.CharField()
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemDocument(serializers.Serializer[Any]):
    """An error (RFC 9457). `code` is stable; `field` and `errors` come where they make sense."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()
    instance = serializers.CharField()
    request_id = serializers.UUIDField()
    field = serializers.CharField(required=False)
    errors = FieldProblem(many=True, required=False)  # type: ignore[assignment]


PROBLEM = ProblemDocument
IDEMPOTENCY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description=(
        "1 to 255 visible ASCII characters, kept for 24 hours per key and customer. Repeated with "
        "the same content: the same answer; with another: 422; while the first is at work: 409; "
        "after what it made was deleted: 410. A request that failed leaves the key free."
    ),
)
_CUSTOMER = OpenApiParameter(
    CUSTOMER_HEADER,
    int,
    OpenApiParameter.HEADER,
    description="The customer's number: platform keys must name whose data it is about.",
)
_ALWAYS = {
    400: "`invalid`, `unknown_field`, `unreadable`, `invalid_cursor` …: with `field` or `errors`.",
    401: "`not_authenticated`, `bad_key`.",
    403: "`scope_missing`.",
    404: "`not_found`: there is no such thing, or it is not for this key.",
    429: "`too_many_requests`: wait as Retry-After says.",
}
_JSON_BODY = {
    413: "`too_large`.",
    415: "`unsupported_media_type`.",
}


class ApiSchema(AutoSchema):
    """Adds to each operation the customer's header, its scope, and the refusals that all share."""

    def get_override_parameters(self) -> list[Any]:
        return [*super().get_override_parameters(), _CUSTOMER]

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation: dict[str, Any] | None = super().get_operation(*args, **kwargs)
        scope = getattr(self.view, "scopes", {}).get(self.method)
        if operation is not None and scope:
            operation["description"] = f"{operation.get('description', '')}\n\nScope: `{scope}`."
        return operation

    def get_operation_id(self) -> str:
        name = str(super().get_operation_id())
        a_list = self.method == "GET" and "{" not in self.path
        return name.replace("_retrieve", "_list") if a_list else name

    def get_tags(self) -> list[str]:
        return [self.path.removeprefix("/api/v1/").partition("/")[0]]

    def _get_response_bodies(
        self, direction: Literal["request", "response"] = "response"
    ) -> dict[str, Any]:
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        shared = _ALWAYS | (_JSON_BODY if self.method in {"POST", "PUT", "PATCH"} else {})
        for status, text in shared.items():
            if str(status) not in bodies:
                answer = OpenApiResponse(PROBLEM, text)
                body = self._get_response_for_code(answer, str(status))  # type: ignore[no-untyped-call]
                bodies[str(status)] = body
        for code, body in bodies.items():
            if int(code) >= 400 and "content" in body:
                body["content"] = {"application/problem+json": next(iter(body["content"].values()))}
        return bodies


class KeyScheme(OpenApiAuthenticationExtension):
    """How a key is sent."""

    target_class = "customers.api_auth.ApiKeyAuthentication"
    name = "ApiKey"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "ssv_…",
            "description": "A customer's key, made on Mina Sidor, or the platform's.",
        }
