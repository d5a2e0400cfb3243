"""Keys live in `keys`; everything else in `default`. Nothing relates across."""

from typing import Any

from django.db.models import Model


class KeysRouter:
    """Send the vault's models, and only them, to the `keys` database."""

    def db_for_read(self, model: type[Model] | Model, **hints: Any) -> str:
        return "keys" if model._meta.app_label == "vault" else "default"

    db_for_write = db_for_read

    def allow_relation(self, one: Model, other: Model, **hints: Any) -> bool:
        # Not by their types: request.user is a lazy object, which only seems to be a User.
        return self.db_for_read(one) == self.db_for_read(other)

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return (db == "keys") == (app_label == "vault")
