"""What does not open: told to the operator and to the trail, and never mistaken for "deleted".

Two questions that every door asks. Is it about *later* (LATER: the root key or a database is away,
nothing is wrong with the data)? Or is it *damage*: then noticed() tells whether the row lives.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import structlog
from django.apps import apps
from django.db import DatabaseError, InterfaceError, OperationalError, models

from smartsvar import mail
from smartsvar.audit.actors import SYSTEM
from smartsvar.audit.trail import record_once
from smartsvar.clock import database_now
from smartsvar.shredding.models import Shreddable
from smartsvar.vault.errors import Place, RootUnreachable, Unreadable, WrongRoot
from smartsvar.vault.second_factor import HOUSE

log = structlog.get_logger(__name__)

VERB = "record.unreadable"
WITHIN = timedelta(hours=1)  # one entry per object and hour
LATER = (RootUnreachable, WrongRoot, OperationalError, InterfaceError)
RETRY_SECONDS = 30
NO_ROOT = "no_root_key"


def noticed(error: Exception, place: Place | None = None) -> bool:
    """Report what does not open, unless it is being destroyed; return whether it still lives.

    An alarm in the log, and an entry in the trail. Call it where no transaction is open that will
    be rolled back. `place` is for errors that know none. Damage whose place nobody knows lives.
    """
    found = getattr(error, "place", None) or place
    kind = type(error).__name__
    if found is None:
        log.error("record does not open", error=kind)
        return True
    try:
        if not lives(found):
            return False
        log.error(
            "record does not open", object=str(found.object_id), model=found.model, error=kind,
            customer=str(found.customer_id),
        )  # fmt: skip
        _record(found)
    except DatabaseError as failure:
        log.error("unreadable record not noted", error=type(failure).__name__)
    return True


def lives(place: Place) -> bool:
    """Whether the row exists and neither it, its parent nor its customer is claimed."""
    model = apps.get_model(place.model)
    unclaimed: dict[str, Any] = {f"{path}shred_job_id": None for path in _owners(model)}
    return bool(model._base_manager.filter(pk=place.object_id, **unclaimed).exists())


def _owners(model: type[models.Model]) -> Iterator[str]:
    """Yield the paths to the rows whose destruction takes this row's key along."""
    if issubclass(model, Shreddable):
        yield ""
    for name in {"customer", getattr(model, "sealed_under", "")} & {
        field.name for field in model._meta.concrete_fields
    }:
        yield f"{name}__"


def _record(place: Place) -> None:
    thing = apps.get_model(place.model)(pk=place.object_id)
    customer = None if place.customer_id == HOUSE else place.customer_id
    record_once(VERB, thing, by=SYSTEM, customer_id=customer, at=database_now(), within=WITHIN)


@contextmanager
def as_mail_trouble() -> Iterator[None]:
    """Say in the mail's words what hinders its writing: a root that is away only makes it late."""
    try:
        yield
    except (RootUnreachable, WrongRoot) as error:
        log.error("mail waits for the root key", error=type(error).__name__)
        raise mail.TryAgain(NO_ROOT) from error
    except Unreadable as error:
        raise mail.GiveUp("unreadable" if noticed(error) else "gone") from error
