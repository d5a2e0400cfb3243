"""What support tried and may not, for the trail."""

from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest

from smartsvar.audit.trail import record


def record_refusal(request: HttpRequest) -> None:
    """Write down that a page was refused: of which object, where the address names one."""
    agent: Any = request.user
    thing = _object_named(request)
    owner = getattr(thing, "customer_id", None)
    record("support.refused", thing or agent, by=agent, customer_id=owner)


def _object_named(request: HttpRequest) -> models.Model | None:
    match = request.resolver_match
    pages = getattr(match.func, "model_admin", None) if match else None
    if match is None or pages is None or "object_id" not in match.kwargs:
        return None
    model: type[models.Model] = pages.model
    try:
        named = UUID(str(match.kwargs["object_id"]))
        return model._base_manager.filter(pk=named).first()
    except (ValueError, ValidationError):
        return None
