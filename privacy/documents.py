"""Texts made from the declarations, so that they cannot drift from what is executed."""

from collections.abc import Iterator

from django.db import models

from privacy.purging.purge import describe
from smartsvar.checks import fields_of
from smartsvar.personal_data import PersonalData, declared
from smartsvar.vault.rows import SealedModel

HEAD = """# Personal data, model by model

Made from the declarations in the code by `python manage.py personal_data --write`; a test compares.
"Sealed" means inside the row's envelope, under the record's own key. "Indexed" means that equality
can be searched: by a blind index for sealed fields, by the column itself for readable ones.

"""


def table() -> str:
    """Return the table of every model and field with personal data, in Markdown."""
    return HEAD + "\n".join(_section(model, said) for model, said in sorted_declarations())


def sorted_declarations() -> list[tuple[type[models.Model], PersonalData]]:
    """Return every declared model, by label."""
    return sorted(declared(), key=lambda pair: pair[0]._meta.label)


def _section(model: type[models.Model], said: PersonalData) -> str:
    lines = [
        f"## {model._meta.label}",
        "",
        f"{said.purpose}. {said.category.capitalize()} of: {said.subject}. "
        f"We are {said.role}; {said.basis}.",
        f"Kept: {describe(said.keep)}. Destroyed: {said.erase}.",
        "",
        "| field | sealed | indexed | exported | why |",
        "|---|---|---|---|---|",
        *_rows(model, said),
        "",
    ]
    return "\n".join(lines)


def _rows(model: type[models.Model], said: PersonalData) -> Iterator[str]:
    for name, sealed in fields_of(model).items():
        why = said.readable.get(name) or said.withhold.get(name) or ("personal" if sealed else "")
        if name in said.belongs_to:
            why = f"emptied when whose it is ({said.belongs_to[name]}) is destroyed"
        given = "to its owner" if name in said.for_owner else _mark(name in said.export)
        marks = (_mark(sealed), _indexed(model, name, sealed=sealed), given)
        yield f"| `{name}` | {' | '.join(marks)} | {why} |"
    if said.blob:
        yield "| the audio | yes, in storage | no | yes | personal |"


def _mark(yes: bool) -> str:  # noqa: FBT001
    return "yes" if yes else "no"


def _indexed(model: type[models.Model], name: str, *, sealed: bool) -> str:
    if sealed and issubclass(model, SealedModel):
        return "blind" if name in {index.of for index in model.indexes()} else "no"
    field = model._meta.get_field(name)
    firsts = {index.fields[0].lstrip("-") for index in model._meta.indexes if index.fields}
    direct = getattr(field, "db_index", False) or getattr(field, "unique", False)
    return _mark(direct or name in firsts)
