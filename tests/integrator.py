"""A system that talks to the API with a key, and a look at whether an upload left anything."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.storage import FileSystemStorage, storages
from django.db import connections
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from customers.actions.keys import create_api_key
from customers.models import Customer, IdempotentRequest, Scope
from recordings.models import Recording
from smartsvar.audit.actors import SYSTEM
from smartsvar.shredding.models import ShredJob
from smartsvar.vault.keys import forget_keys
from smartsvar.vault.models import RecordKey
from tests.cast import House

RECORDINGS = "/api/v1/recordings/"
MESSAGES = "/api/v1/messages/"
STAFF = "/api/v1/staff/"


def integrator(secret: House | str, **headers: str) -> Client:
    """Return a client that sends this key, behind the TLS proxy that production has."""
    shown = secret if isinstance(secret, str) else secret.secret
    known = {"Authorization": f"Bearer {shown}", "X-Forwarded-Proto": "https"}
    return Client(headers=known | headers)


def key_with(customer: Customer | None, *scopes: str) -> str:
    """Make a key with these scopes only and return its secret; no customer: the platform's."""
    _, shown = create_api_key(
        customer, label="Prov", scopes=scopes, days=1, by=SYSTEM, at=timezone.now()
    )
    return shown


def platform_key() -> str:
    """Return the secret of Pia's PBX, which delivers for every customer."""
    return key_with(None, *Scope.values)


def stored_objects() -> set[str]:
    """Return every object and version in the store of sealed audio."""
    storage = storages["sealed"]
    if isinstance(storage, FileSystemStorage):
        root = Path(storage.location)
        return {str(path) for path in root.rglob("*") if path.is_file()}
    found = storage.bucket.object_versions.all()  # type: ignore[attr-defined]
    return {f"{each.object_key} {each.id}" for each in found}


def traces() -> dict[str, Any]:
    """Return what an upload leaves: rows, keys, jobs, leases, spools, objects."""
    return {
        "rows": set(Recording._base_manager.values_list("id", flat=True)),
        "keys": set(
            RecordKey.objects.filter(model="recordings.Recording").values_list("id", flat=True)
        ),
        "jobs": ShredJob.objects.count(),
        "leases": IdempotentRequest.objects.filter(object_id=None).count(),
        "spools": sorted(Path(settings.SPOOL_DIR).glob("*")),
        "objects": stored_objects(),
    }


def problem(response: Any, status: int, code: str) -> dict[str, Any]:
    """Check that this is a problem document with this status and code; return it."""
    assert response.status_code == status, response.content
    assert response["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["status"] == status
    assert body["code"] == code, body
    assert status not in {503, 507} or response["Retry-After"] == "30"
    assert {"type", "title", "detail", "instance", "request_id"} <= set(body)
    return body


def count_queries(act: Callable[[], Any]) -> dict[str, int]:
    """Return how many queries each database gets, with no key remembered."""
    forget_keys()
    with (
        CaptureQueriesContext(connections["default"]) as main,
        CaptureQueriesContext(connections["keys"]) as keys,
    ):
        act()
    return {"default": len(main), "keys": len(keys)}
