"""Queries that name a sealed value are refused, and the refusal says what to do instead.

The database sees ciphertext: whatever it answered to such a question would be wrong.
"""

from collections.abc import Iterable
from typing import Any, Self, TypeVar

from django.core.exceptions import FieldDoesNotExist, FieldError
from django.db import models
from django.db.models.constants import LOOKUP_SEP
from django.db.models.sql import Query

from smartsvar.vault.errors import SealedFieldError

M = TypeVar("M", bound=models.Model, covariant=True)
ASSIGN = "Assign to each row and call save()."


def refuse_path(model: type[models.Model] | None, names: Iterable[str]) -> None:
    """Raise SealedFieldError if the path, walked from `model`, comes to a sealed value."""
    here = model
    for name in names:
        if here is None:
            return
        if name in sealed_names(here):
            raise SealedFieldError(f"{name}: sealed. {_instead(here, name)}")
        try:
            here = here._meta.get_field(name).related_model
        except FieldDoesNotExist:
            return


def sealed_names(model: Any) -> Iterable[str]:
    """Return the names of a model's sealed fields; a model that seals nothing has none."""
    return model.sealed_fields() if hasattr(model, "sealed_fields") else ()


def _instead(model: Any, name: str) -> str:
    for index in model.indexes():
        if index.of == name:
            return f"Look for equal values by its blind index {index.name}, or open the rows."
    return "Open the rows, and filter, sort or count them in Python."


class SealedQuery(Query):
    """A query that recognises sealed names wherever one may stand: filters, order, F(), sums."""

    def names_to_path(
        self, names: Any, opts: Any, allow_many: bool = True, fail_on_missing: bool = False  # noqa: FBT001, FBT002
    ) -> Any:  # fmt: skip
        try:
            found = super().names_to_path(names, opts, allow_many, fail_on_missing)
        except FieldError:
            self._refuse(names, opts)
            raise
        if found[-1]:  # names that are no field: transforms, lookups, or sealed
            self._refuse(names, opts)
        return found

    def _refuse(self, names: Any, opts: Any) -> None:
        if names[0] not in self.annotations:
            refuse_path(opts.model if opts else None, names)


class RefusingQuerySet(models.QuerySet[M]):
    """A queryset that raises SealedFieldError rather than ask the database for sealed values."""

    def __init__(
        self, model: Any = None, query: Any = None, using: Any = None, hints: Any = None
    ) -> None:
        super().__init__(model, query or SealedQuery(model), using, hints)

    def update(self, **kwargs: Any) -> int:
        self.refuse(kwargs, "Assign to the row and call save().")
        try:
            return super().update(**kwargs)
        except FieldError as error:
            named = [name for name in sealed_names(self.model) if f"'{name}'" in str(error)]
            self.refuse(named, ASSIGN)
            raise

    def bulk_update(
        self, objs: Iterable[Any], fields: Iterable[str], batch_size: int | None = None
    ) -> int:
        names = list(fields)
        self.refuse(names, ASSIGN)
        return super().bulk_update(objs, names, batch_size)

    def in_bulk(self, id_list: Any = None, *, field_name: str = "pk") -> Any:
        self._refuse_paths([field_name])
        return super().in_bulk(id_list, field_name=field_name)

    def only(self, *fields: Any) -> Self:
        self._refuse_paths(fields)
        return super().only(*fields)

    def defer(self, *fields: Any) -> Self:
        self._refuse_paths(fields)
        return super().defer(*fields)

    def distinct(self, *field_names: Any) -> Self:
        self._refuse_paths(field_names)
        return super().distinct(*field_names)

    def _annotate(self, args: Any, kwargs: Any, select: bool = True) -> Self:  # noqa: FBT001, FBT002
        # Under a sealed field's name, the query's answer would be written into the envelope.
        self.refuse(kwargs, "Give the annotation another name.")
        return super()._annotate(args, kwargs, select)  # type: ignore[misc, no-any-return]

    def _refuse_paths(self, paths: Iterable[Any]) -> None:
        for path in paths:
            if isinstance(path, str):
                refuse_path(self.model, path.split(LOOKUP_SEP))

    def refuse(self, names: Iterable[str], alternative: str) -> None:
        """Raise SealedFieldError if one of the names is sealed, or part of the sealing itself."""
        sealed = {*sealed_names(self.model), "sealed", "key_id"} & set(names)
        if sealed:
            raise SealedFieldError(f"{', '.join(sorted(sealed))}: sealed. {alternative}")
