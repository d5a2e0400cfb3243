"""What does not open: told to the operator and to the trail, and never mistaken for "deleted".

Two questions that every door asks. Is it about *later* (LATER: the root key or a database is away,
nothing is wrong with the data)? Or is it *damage*: then noticed() tells whether the row lives.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.apps import apps
from django.db import DatabaseError, InterfaceError, OperationalError, models

from smartsvar import mail
from smartsvar.audit.actors import SYSTEM
from smartsvar.audit.trail import record_once, recorded_since
from smartsvar.clock import database_now
from smartsvar.shredding.models import Shreddable
from smartsvar.vault.errors import Place, RootUnreachable, Unreadable, WrongRoot
from smartsvar.vault.rows import SealedModel
from smartsvar.vault.second_factor import HOUSE

log = structlog.get_logger(__name__)

VERB = "record.unreadable"
WITHIN = timedelta(hours=1)  # one entry per object and hour
LATER = (RootUnreachable, WrongRoot, OperationalError, InterfaceError)
RETRY_SECONDS = 30


def noticed(error: Exception, place: Place | None = None) -> bool:
    """Report what does not open, unless it is being destroyed; return whether it still lives.

    An alarm in the log, and an entry in the trail. Call it where no transaction is open that will
    be rolled back. Whoever knows what was to be opened says so by `place`: an error may have its
    place from a key's row, which is damaged itself. Damage whose place nobody knows lives.
    """
    found = place or getattr(error, "place", None)
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


def noticed_since(error: Unreadable, place: Place, *, since: datetime) -> bool:
    """Report what a scheduled run meets again and again: once since then; return as noticed()."""
    model = _model_of(place)
    if model and recorded_since(VERB, model(pk=place.object_id), by=SYSTEM, since=since):
        return lives(place)
    return noticed(error, place)


def noticed_in_list(error: Unreadable, row: SealedModel) -> bool:
    """Report a row once per list, however many rows brought it along; return as noticed()."""
    told = {} if row.ring is None else row.ring.told
    if row.place not in told:
        told[row.place] = noticed(error, row.place)
    return told[row.place]


def lives(place: Place) -> bool:
    """Whether the row exists and neither it, its parent nor its customer is claimed.

    What has a label that nobody knows lives: something is wrong with it, and nobody deleted it.
    """
    model = _model_of(place)
    if model is None:
        return True
    unclaimed: dict[str, Any] = {f"{path}shred_job_id": None for path in _owners(model)}
    return bool(model._base_manager.filter(pk=place.object_id, **unclaimed).exists())


def _model_of(place: Place) -> type[models.Model] | None:
    try:
        return apps.get_model(place.model)
    except (LookupError, ValueError):  # no such model; no label at all
        return None


def _owners(model: type[models.Model]) -> Iterator[str]:
    """Yield the paths to the rows whose destruction takes this row's key along."""
    if issubclass(model, Shreddable):
        yield ""
    for name in {"customer", getattr(model, "sealed_under", "")} & {
        field.name for field in model._meta.concrete_fields
    }:
        yield f"{name}__"


def _record(place: Place) -> None:
    model = _model_of(place)
    if model is None:  # the trail names things by their model; the log has told of it
        return
    thing = model(pk=place.object_id)
    customer = None if place.customer_id == HOUSE else place.customer_id
    record_once(VERB, thing, by=SYSTEM, customer_id=customer, at=database_now(), within=WITHIN)


@contextmanager
def as_mail_trouble() -> Iterator[None]:
    """Say in the mail's words what hinders its writing: what is away only makes it late."""
    try:
        yield
    except LATER as error:
        log.error("mail waits", error=type(error).__name__)
        away = isinstance(error, (RootUnreachable, WrongRoot))
        raise mail.TryAgain(mail.NO_ROOT if away else mail.NO_DATABASE) from error
    except Unreadable as error:
        raise mail.GiveUp("unreadable" if noticed(error) else "gone") from error
