"""What goes with a person or record although it has a key, and a date, of its own."""

from collections.abc import Collection, Iterator
from typing import cast
from uuid import UUID

from django.db.models import Q

from smartsvar.personal_data import declared
from smartsvar.shredding.models import Shreddable


def followers(model: type[Shreddable]) -> Iterator[tuple[type[Shreddable], str]]:
    """Yield (table, foreign key) of what is declared to go with rows of `model`."""
    for child, said in declared():
        if said.goes_with and child._meta.get_field(said.goes_with).related_model is model:
            yield cast(type[Shreddable], child), said.goes_with


def keeping(model: type[Shreddable]) -> Q:
    """Return which rows of `model` a hold keeps: by themselves, or by what goes with them."""
    kept: Q = model.holding()
    for child, field in followers(model):
        rows = child._base_manager.filter(child.holding(), **{f"{field}__isnull": False})
        kept |= Q(pk__in=rows.values(f"{field}_id"))
    return kept


def kept_along(model: type[Shreddable], ids: Collection[UUID]) -> set[UUID]:
    """Return which of these rows must stay because a hold keeps something that goes with them."""
    kept: set[UUID] = set()
    for child, field in followers(model):
        rows = child._base_manager.filter(child.holding(), **{f"{field}__id__among": list(ids)})
        kept |= set(rows.values_list(f"{field}_id", flat=True))
    return kept
