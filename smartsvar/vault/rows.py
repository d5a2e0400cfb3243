"""Sealed rows: all personal fields of a row in one envelope, opened lazily."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from functools import cache
from typing import Any, ClassVar, Generic, Self, TypeVar, cast
from uuid import UUID

from django.db import models

from smartsvar.ids import new_id
from smartsvar.vault.errors import Place, Tampered, Unreadable
from smartsvar.vault.index import SIZE, blind_index, blind_indexes
from smartsvar.vault.keys import DataKey, Need, create_record_keys
from smartsvar.vault.queries import ASSIGN, RefusingQuerySet
from smartsvar.vault.rings import KeyRing

T = TypeVar("T")


class SealedField(property, Generic[T]):
    """A value inside its row's envelope: str, int, bool, None, or lists and dicts of them.

    Not a database column. It reads and assigns like an attribute; queries that name it raise.
    """

    def __init__(self, default: T, *, help_text: str = "") -> None:
        super().__init__(self._read, self._write)
        self.default = default
        self.help_text = help_text
        self.name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def _read(self, row: SealedModel) -> T:
        values = row._open_envelope or row.opened()
        # A copy: whoever changes a list that was not there must not change every other row's.
        return cast(T, values[self.name]) if self.name in values else deepcopy(self.default)

    def _write(self, row: SealedModel, value: T) -> None:
        row.opened()[self.name] = value
        row.envelope_changed = True


class BlindIndex(models.BinaryField):  # type: ignore[type-arg]
    """The column that makes one sealed value searchable for equality."""

    def __init__(self, of: str, *, fold: bool = False, **kwargs: Any) -> None:
        self.of, self.fold = of, fold  # fold: capitals and small letters are the same (e-mail)
        kwargs |= {"max_length": SIZE, "null": True, "editable": False, "db_index": False}
        super().__init__(**kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        for fixed in ("max_length", "null", "editable", "db_index"):
            kwargs.pop(fixed, None)
        return name, path, args, kwargs | {"of": self.of} | ({"fold": True} if self.fold else {})

    def written(self, value: str) -> str:
        """Return the value as it is indexed."""
        return value.casefold() if self.fold else value

    def compute(self, row: SealedModel) -> bytes | None:
        value = getattr(row, self.of)
        return blind_index(row.vault_customer_id, self.of, self.written(value)) if value else None

    def matches(self, customer_id: UUID, value: str) -> models.Q:
        """Return what finds a customer's rows with this value, under every epoch's index key."""
        found = blind_indexes(customer_id, self.of, self.written(value))
        return models.Q(**{f"{self.attname}__in": found})


M = TypeVar("M", bound="SealedModel", covariant=True)


class SealedQuerySet(RefusingQuerySet[M]):
    """A queryset that opens lists with one key query and refuses to query sealed values."""

    def _fetch_all(self) -> None:
        fresh = self._result_cache is None
        super()._fetch_all()
        if fresh:
            self._share_keys(self._result_cache or [])

    def iterator(self, chunk_size: int | None = None) -> Iterator[M]:
        size = chunk_size or 1000
        batch: list[M] = []
        for row in super().iterator(chunk_size=size):
            batch.append(row)
            if len(batch) == size:
                yield from self._share_keys(batch)
                batch = []
        yield from self._share_keys(batch)

    @staticmethod
    def _share_keys(rows: Sequence[Any]) -> Sequence[Any]:
        ring = KeyRing()
        for row in rows:
            if isinstance(row, models.Model):
                ring.join(row)
        return rows

    def write_sealed(self, rows: Sequence[Any], *, size: int = 500) -> int:
        """Seal anew what changed in these rows' envelopes, and write that alone; return how many.

        One statement for `size` rows. Raises what sealing raises.
        """
        changed = [row for row in rows if row.envelope_changed]
        self.model.prepare(changed)
        names = ["sealed", *(field.attname for field in self.model.indexes())]
        # Django's own: ours refuses the envelope to whoever has not sealed it.
        return models.QuerySet(self.model, using=self.db).bulk_update(changed, names, size)

    def bulk_create(self, objs: Iterable[Any], *args: Any, **kwargs: Any) -> list[Any]:
        for fields in ("update_fields", "unique_fields"):
            self.refuse(kwargs.get(fields) or (), ASSIGN)
        rows = list(objs)
        self.model.prepare(rows)
        return super().bulk_create(rows, *args, **kwargs)


class SealedModel(models.Model):
    """A row whose personal fields are sealed together under the record's own key."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    key_id = models.UUIDField(editable=False)
    sealed = models.BinaryField(editable=False)

    key_class: ClassVar[str] = "content"
    sealed_under: ClassVar[str] = ""  # the foreign key whose record key this row shares

    objects: ClassVar[models.Manager[Self]] = models.Manager.from_queryset(SealedQuerySet)()

    ring: KeyRing | None = None
    envelope_changed: bool = False
    _open_envelope: dict[str, Any] | None = None

    class Meta:
        abstract = True
        base_manager_name = "objects"

    def __str__(self) -> str:
        return str(self.pk)

    def __getstate__(self) -> dict[str, Any]:
        """Leave what is open behind: a pickle or a copy holds ciphertext and opens it anew.

        Raises TypeError for a row with changes that are not sealed yet.
        """
        if self.envelope_changed:
            raise TypeError(f"{self._meta.label}: unsealed changes do not leave this process.")
        state: dict[str, Any] = super().__getstate__()
        for secret in ("_open_envelope", "ring"):
            state.pop(secret, None)
        return state

    def save(self, **kwargs: Any) -> None:
        """Seal what changed, then save. `update_fields` may name sealed fields.

        An envelope that did not change is not written: somebody else may have sealed it anew, or
        computed its indexes under the next key.
        """
        stored = not self._state.adding
        changed = self.envelope_changed
        self.prepare([self])
        names = kwargs.get("update_fields")
        if names is None and stored:
            names = {f.name for f in self._meta.concrete_fields if not f.primary_key}
        if names is not None:
            sealed = {"sealed", *(field.attname for field in self.indexes())}
            columns = set(names) - set(self.sealed_fields()) - sealed
            kwargs["update_fields"] = columns | sealed if changed else columns
        super().save(**kwargs)

    @classmethod
    def sealed_fields(cls) -> dict[str, SealedField[Any]]:
        """Return the sealed fields by name, in the order of the classes' bodies."""
        return dict(_sealed_fields(cls))

    @property
    def vault_customer_id(self) -> UUID:
        """Whose keys seal this row."""
        return cast(UUID, self.customer_id)  # type: ignore[attr-defined]

    def opened(self) -> dict[str, Any]:
        """Return the envelope's values, opening it on first use. Raises Tampered, KeyLost."""
        if self._open_envelope is None:
            self._open_envelope = {} if self._state.adding else self._unseal()
        return self._open_envelope

    def _unseal(self) -> dict[str, Any]:
        try:
            sealed = bytes(self.sealed)
            return _values(self._key().open_row(sealed, self._meta.label, self.pk))
        except Unreadable as error:
            error.place = self.place
            raise

    def _key(self) -> DataKey:
        try:
            return (self.ring or KeyRing()).key(self.key_id).of(self.vault_customer_id)
        except Unreadable as error:
            # The place of whose key it is: the key's own row may be damaged and name a foreign one.
            shared = self._state.adding and self.sealed_under
            error.place = getattr(self, self.sealed_under).place if shared else self.place
            raise

    @property
    def place(self) -> Place:
        """Where this row lies, as an error and a report name it."""
        return Place(self.vault_customer_id, self._meta.label, self.pk)

    @classmethod
    def prepare(cls, rows: Sequence[Self]) -> None:
        """Give new rows their keys (one statement for all), then seal every changed envelope."""
        keyless = [row for row in rows if row.__dict__.get("key_id") is None]
        if cls.sealed_under:
            for row in keyless:
                row.key_id = getattr(row, cls.sealed_under).key_id
        elif keyless:
            label = cls._meta.label
            needs = [Need(row.vault_customer_id, cls.key_class, label, row.pk) for row in keyless]
            for row, key in zip(keyless, create_record_keys(needs), strict=True):
                row.key_id = key.id
        for row in rows:
            row.seal()

    def seal(self) -> None:
        """Seal the envelope and compute the blind indexes, if anything in it changed."""
        if not self.envelope_changed and not self._state.adding:
            return
        plaintext = json.dumps(self.opened(), ensure_ascii=False, separators=(",", ":")).encode()
        self.sealed = self._key().seal_row(plaintext, self._meta.label, self.pk)
        for field in self.indexes():
            setattr(self, field.attname, field.compute(self))
        self.envelope_changed = False

    @classmethod
    def indexes(cls) -> list[BlindIndex]:
        """Return the blind index columns of this model."""
        return [field for field in cls._meta.concrete_fields if isinstance(field, BlindIndex)]

    def refresh_from_db(self, using: Any = None, fields: Any = None, *args: Any, **kw: Any) -> None:
        """Reload, and with the envelope forget what it held.

        A deferred column that is touched comes here too: what is not sealed yet must survive that.
        """
        names = None if fields is None else list(fields)
        super().refresh_from_db(using, names, *args, **kw)
        if names is None or "sealed" in names:
            self.ring = None  # what did not open then may open now
            self._open_envelope = None
            self.envelope_changed = False


@cache
def _sealed_fields(model: type[SealedModel]) -> dict[str, SealedField[Any]]:
    found: dict[str, SealedField[Any]] = {}
    for base in reversed(model.__mro__):
        found |= {n: f for n, f in vars(base).items() if isinstance(f, SealedField)}
    return found


def _values(plaintext: bytes) -> dict[str, Any]:
    """Return an envelope's values by name. Raises Tampered for what is no JSON object."""
    try:
        values = json.loads(plaintext.decode())
    except ValueError as error:
        raise Tampered("An envelope holds no JSON.") from error
    if not isinstance(values, dict):
        raise Tampered("An envelope holds no object.")
    return values
