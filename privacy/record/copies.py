"""Where copies of each model's data lie, read from what their owners declare."""

from dataclasses import dataclass

from django.apps import apps
from django.conf import settings
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from privacy.record import words
from smartsvar.personal_data import Copy, PersonalData, Spread, declaration_of, declared
from smartsvar.vault.rows import SealedModel


@dataclass(frozen=True)
class CopyLine:
    """One copy and the model whose row owns it."""

    owner: type[models.Model]
    copy: Copy

    def in_words(self) -> str:
        """Return what it is and how it dies, in the reader's language."""
        parts = [words.said(self.copy.what), str(words.DEATHS[self.copy.dies])]
        if self.copy.within:
            days = getattr(settings, self.copy.within)
            within = ngettext("after %(days)d day at most", "after %(days)d days at most", days)
            parts.append(within % {"days": days})
        if self.copy.because:
            parts.append(words.said(self.copy.because))
        return "; ".join(parts)

    @property
    def source(self) -> str:
        """What it is a copy of, for people."""
        if isinstance(self.copy.of, Spread):
            return str(words.SPREADS[self.copy.of])
        return words.thing_name(apps.get_model(self.copy.of))


def copy_map() -> list[CopyLine]:
    """Return every declared copy, by its owner."""
    lines = [
        CopyLine(model, copy)
        for model in apps.get_models(include_auto_created=True)
        for copy in getattr(declaration_of(model), "copies", ())
    ]
    return sorted(lines, key=lambda line: (line.owner._meta.label, str(line.copy.of)))


def copies_of_label(label: str) -> list[CopyLine]:
    """Return the copies that are made of this model alone; the others are made of every model's."""
    return [line for line in copy_map() if line.copy.of == label]


def sources(copy: Copy) -> list[tuple[type[models.Model], PersonalData]]:
    """Return the models whose data the copy holds."""
    return [(model, said) for model, said in declared() if _holds(copy, model, said)]


def _holds(copy: Copy, model: type[models.Model], said: PersonalData) -> bool:
    if copy.of == Spread.SEALED:
        return issubclass(model, SealedModel) and bool(model.sealed_fields())
    if copy.of == Spread.AUDIO:
        return bool(said.blob)
    if copy.of == Spread.UNSEALED:
        return bool(said.readable)
    return copy.of == Spread.EXPORTED and bool(said.export) or copy.of == model._meta.label


def headings() -> tuple[str, ...]:
    """Return the copy map's columns."""
    return (_("A copy"), _("Of"), _("Owner"), _("Dies"))
