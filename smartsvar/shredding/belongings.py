"""What is a person's in a row about somebody else goes with the person: declared, found by a path.

The row stays. It is opened, the person's fields are emptied, and it is sealed anew.
"""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, cast
from uuid import UUID

import structlog
from django.db import models

from smartsvar.personal_data import PersonalData, declared
from smartsvar.vault.errors import Unreadable
from smartsvar.vault.rows import SealedModel, SealedQuerySet

log = structlog.get_logger(__name__)

BATCH = 500


def forget_belongings(model: type[models.Model], ids: Collection[UUID]) -> int:
    """Empty what belongs to these rows of `model`, in the caller's transaction; return how many.

    What does not open stays as it is: its key is gone, or it is damaged, which no deletion mends.
    Raises RootUnreachable, WrongRoot: then nobody is destroyed yet.
    """
    emptied = 0
    for holder, path, names in _holders(model):
        found = holder._base_manager.filter(**{f"{path}__id__among": list(ids)})
        keys = list(found.order_by("pk").values_list("pk", flat=True))
        for start in range(0, len(keys), BATCH):
            emptied += _empty(holder, keys[start : start + BATCH], names)
    return emptied


def _holders(
    model: type[models.Model],
) -> Iterator[tuple[type[SealedModel], str, list[str]]]:
    """Yield (table, path, sealed fields) for whatever holds something that is a `model` row's."""
    for holder, said in declared():
        for path, names in belongings_in(holder, said, model._meta.label).items():
            yield cast(type[SealedModel], holder), path, names


def belongings_in(
    holder: type[models.Model], said: PersonalData, label: str
) -> dict[str, list[str]]:
    """Return which sealed fields are a person's of the model with this label, by their path."""
    found: dict[str, list[str]] = {}
    for name, path in said.belongs_to.items():
        if _end_of(holder, path)._meta.label == label:
            found.setdefault(path.replace(".", "__"), []).append(name)
    return found


def _end_of(model: Any, path: str) -> Any:
    for name in path.split("."):
        model = model._meta.get_field(name).related_model
    return model


def _empty(holder: type[SealedModel], keys: Sequence[UUID], names: Sequence[str]) -> int:
    rows = cast("SealedQuerySet[Any]", holder._base_manager.filter(pk__among=list(keys)))
    locked = list(rows.select_for_update(no_key=True).order_by("pk"))
    fields = holder.sealed_fields()
    for row in locked:
        try:
            for name in names:
                if getattr(row, name) != fields[name].default:
                    setattr(row, name, fields[name].default)
        except Unreadable as error:
            kind = type(error).__name__
            log.warning("not emptied", object=str(row.pk), model=holder._meta.label, error=kind)
    return rows.write_sealed(locked)
