"""Each declared processing as article 30 wants it said."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import models
from django.utils.translation import gettext as _

from privacy.erasures.scope import goes_with_account
from privacy.record import words
from privacy.record.copies import CopyLine, copies_of_label
from privacy.record.periods import period
from smartsvar.declared_words import CATEGORIES, purpose_name
from smartsvar.personal_data import TECHNICAL, Keep, PersonalData, Role, declared
from smartsvar.vault.rows import SealedModel


@dataclass(frozen=True)
class Processing:
    """One declaration in the reader's language; `declared`, `role` and `keep` as in the code."""

    label: str
    model: type[models.Model]
    declared: PersonalData
    role: Role
    keep: Keep
    name: str
    purpose: str
    category: str
    subject: str
    basis: str
    data: tuple[str, ...]
    period: str
    end: str
    law: str
    sealed: str
    processors: tuple[str, ...]
    copies: tuple[CopyLine, ...]

    @property
    def heading(self) -> str:
        """The name as a heading begins: with a capital."""
        return f"{self.name[:1].upper()}{self.name[1:]}"

    @property
    def data_in_words(self) -> str:
        """What is kept of somebody, field by field."""
        return ", ".join(self.data) or _("technical data only")

    def facts(self) -> list[tuple[str, str]]:
        """Return what the record says of it, each with its heading, in the record's order."""
        found = [
            (_("Purpose"), self.purpose),
            (_("Whose data"), self.subject),
            (_("Kind of data"), self.category),
            (_("Data"), self.data_in_words),
            (_("Our role"), str(words.ROLES[self.role])),
            (_("Ground"), self.basis),
            (_("Recipients"), ", ".join(map(purpose_name, self.processors))),
            (_("Kept"), self.period),
            (_("Kept despite erasure"), self.law or _("no")),
            (_("Destroyed"), self.end),
            (_("Protection"), self.sealed),
        ]
        return found + [(_("A copy"), line.in_words()) for line in self.copies]


def processings(role: Role | None = None) -> list[Processing]:
    """Return every declared processing, or those in one of our roles; ordered by label."""
    found = [
        describe(model, said) for model, said in declared() if role is None or said.role is role
    ]
    return sorted(found, key=lambda each: each.label)


def describe(model: type[models.Model], said: PersonalData) -> Processing:
    """Put one declaration into words."""
    return Processing(
        label=model._meta.label,
        model=model,
        declared=said,
        role=said.role,
        keep=said.keep,
        name=words.thing_name(model),
        purpose=words.said(said.purpose),
        category=str(CATEGORIES[said.category]),
        subject=words.said(said.subject),
        basis=str(words.BASES[said.basis]),
        data=tuple(dict.fromkeys(_data(model, said))),
        period=period(model, said.keep),
        end=str(words.ENDS[said.erase]),
        law=_law(model, said),
        sealed=_protection(model),
        processors=said.processors,
        copies=tuple(copies_of_label(model._meta.label)),
    )


def _law(model: type[models.Model], said: PersonalData) -> str:
    laws = "; ".join(words.said(law) for law in (said.law, *said.other_laws.values()) if law)
    if not laws or not goes_with_account(model):
        return laws
    return _("%(laws)s; it goes when the whole account is erased") % {"laws": laws}


def _data(model: type[models.Model], said: PersonalData) -> Iterator[str]:
    """Yield what is kept: also what an export leaves out, unless it says nothing of anybody."""
    if said.blob:
        yield _("the recording itself")
    withheld = [name for name, why in said.withhold.items() if why != TECHNICAL]
    for name in (*said.export, *withheld):
        yield words.field_name(model, name)


def _protection(model: type[models.Model]) -> str:
    """Say of each model only what the technique makes true of it (article 32)."""
    if issubclass(model, SealedModel) and model.sealed_fields():
        return _("sealed under a key of its own, kept in a database of its own; access is logged")
    return _("access is restricted; secrets are hashed or sealed, the rest is needed in the clear")
