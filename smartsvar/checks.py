"""System checks: no model without a declaration, and no declaration that says nothing true."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.core.exceptions import FieldDoesNotExist
from django.db import models

from smartsvar.personal_data import Erase, Keep, NoPersonalData, PersonalData, declaration_of
from smartsvar.shredding.models import Shreddable
from smartsvar.vault.rows import BlindIndex, SealedModel

# What every sealed row has for its own keeping; never about a person beyond what it seals.
MACHINERY = {"id", "key_id", "sealed", "due_at", "restricted", "held", "shred_job_id"}


@register()
def check_declarations(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """Check every installed model, whatever apps were asked for: one gap breaks the promise."""
    found: list[CheckMessage] = []
    for model in apps.get_models(include_auto_created=True):
        found += faults_of(model, declaration_of(model))
    return found


def faults_of(model: type[models.Model], declaration: object) -> Iterator[CheckMessage]:
    """Yield what is wrong with one model's declaration."""
    if isinstance(declaration, NoPersonalData):
        if issubclass(model, SealedModel) and model.sealed_fields():
            yield _error(model, "E002", "seals fields, yet says that it holds no personal data.")
        return
    if not isinstance(declaration, PersonalData):
        hint = "Say personal_data = PersonalData(…) or NoPersonalData(because=…) in its body."
        yield _error(model, "E001", "does not declare its personal data.", hint)
        return
    yield from _field_faults(model, declaration)
    yield from _person_faults(model, declaration)
    yield from _path_faults(model, declaration)
    if declaration.erase is Erase.SHRED and not issubclass(model, Shreddable):
        yield _error(model, "E006", "is to be shredded but is no Shreddable.")


def fields_of(model: type[models.Model]) -> dict[str, bool]:
    """Return the model's fields by name, each with whether it is sealed; machinery left out."""
    sealed = model.sealed_fields() if issubclass(model, SealedModel) else {}
    own = set() if not issubclass(model, SealedModel) else MACHINERY
    columns = [
        field.name
        for field in model._meta.concrete_fields
        if field.name not in own and not isinstance(field, BlindIndex)
    ]
    return dict.fromkeys(columns, False) | dict.fromkeys(sealed, True)


def _field_faults(model: type[models.Model], said: PersonalData) -> Iterator[CheckMessage]:
    fields = fields_of(model)
    for name in fields.keys() - set(said.export) - said.withhold.keys():
        yield _error(model, "E003", f"neither exports nor withholds {name!r}.")
    for name in (set(said.export) | said.withhold.keys() | said.readable.keys()) - fields.keys():
        yield _error(model, "E004", f"declares {name!r}, which it does not have.")
    for name in said.export:
        if name in fields and not fields[name] and name not in said.readable:
            yield _error(
                model, "E005", f"exports {name!r} unsealed without saying why (readable=)."
            )


def _person_faults(model: type[models.Model], said: PersonalData) -> Iterator[CheckMessage]:
    """Yield what is untrue of whose the fields are."""
    fields = fields_of(model)
    for name in said.others:
        if name not in said.export or not fields.get(name):  # the schema requires the unsealed
            yield _error(model, "E010", f"names {name!r} in others=, no sealed field it exports.")
    for name, path in said.belongs_to.items():
        person = _resolve(model, path)
        if not fields.get(name) or not isinstance(person, models.ForeignKey):
            yield _error(model, "E011", f"says that {name!r} belongs_to= what {path!r} is not.")
    for name, attribute in said.for_owner.items():
        if name not in said.withhold or not hasattr(model, attribute):
            yield _error(model, "E013", f"gives {name!r} for_owner=: not withheld, or no such way.")
    if said.goes_with and not isinstance(_resolve(model, said.goes_with), models.ForeignKey):
        yield _error(model, "E012", f"goes_with= {said.goes_with!r}, which is no foreign key.")


def _path_faults(model: type[models.Model], said: PersonalData) -> Iterator[CheckMessage]:
    wanted: dict[str, type[models.Field[Any, Any]]] = {
        said.keep.since: models.DateField if said.keep.fiscal_years else models.DateTimeField,
        said.keep.capped_by: models.DateTimeField,
        said.keep.shortened_by: models.IntegerField,
        said.keep.with_parent: models.ForeignKey,
    }
    for path, kind in wanted.items():
        if path and not _is_a(_resolve(model, path), kind):
            yield _error(model, "E007", f"keep= names {path!r}, which leads to no {kind.__name__}.")
    if said.keep.unfinished and not isinstance(
        _resolve(model, said.keep.unfinished[0]), models.CharField
    ):
        yield _error(model, "E007", f"keep= names {said.keep.unfinished[0]!r}, which is no state.")
    if not said.keep.since and not said.keep.with_parent:
        yield _error(model, "E008", "keep= says neither since= nor with_parent=.")
    if said.keep.chosen_by and (fault := _choice_fault(said.keep)):
        yield _error(model, "E009", fault)


def _is_a(field: object, kind: "type[models.Field[Any, Any]]") -> bool:
    """Tell whether the field is of this kind. A moment is no date, though Django derives it so."""
    moment = isinstance(field, models.DateTimeField) and kind is models.DateField
    return isinstance(field, kind) and not moment


def _choice_fault(keep: Keep) -> str:
    """Return what is wrong with the operator's number of days; "" for nothing."""
    least, most = keep.least_days, keep.days
    if most is None or not 0 < least <= most:
        return f"keep= lets {keep.chosen_by} choose, without saying from least_days= to days=."
    chosen = getattr(settings, keep.chosen_by, None)
    if type(chosen) is not int or not least <= chosen <= most:
        return f"is kept for {keep.chosen_by} days, which must be {least} to {most}."
    return ""


def _resolve(model: type[models.Model], path: str) -> "models.Field[Any, Any] | None":
    head, _, rest = path.partition(".")
    try:
        field = model._meta.get_field(head)
    except FieldDoesNotExist:
        return None
    if not rest:
        return field if isinstance(field, models.Field) else None
    related = field.related_model
    return _resolve(related, rest) if isinstance(related, type) else None


def _error(
    model: type[models.Model], code: str, text: str, hint: str | None = None
) -> CheckMessage:
    return Error(f"{model._meta.label} {text}", hint=hint, obj=model, id=f"smartsvar.{code}")
