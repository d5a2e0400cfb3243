"""System check: every declared copy dies no later than what it was made from (smartsvar.E02x)."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, register
from django.db import models

from privacy.record.copies import CopyLine, copy_map, sources
from smartsvar.personal_data import Copy, Death, Erase, PersonalData, Spread, declaration_of
from smartsvar.vault.rows import SealedModel


@register()
def check_copies(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Check every copy that any model declares."""
    return [fault for line in copy_map() for fault in faults_of(line)]


def faults_of(line: CopyLine) -> Iterator[CheckMessage]:
    """Yield what is not true of one copy's death."""
    copy, owner = line.copy, line.owner
    if not isinstance(copy.of, Spread) and not _is_declared(copy.of):
        yield _error(owner, "E020", f"owns a copy of {copy.of!r}, which holds no personal data.")
        return
    if told := PROOFS[copy.dies](owner, copy):
        yield _error(owner, "E021", f"owns a copy that outlives its source: {told}")


def _is_declared(label: str) -> bool:
    try:
        return isinstance(declaration_of(apps.get_model(label)), PersonalData)
    except (LookupError, ValueError):
        return False


def _goes_with_source(owner: type[models.Model], copy: Copy) -> str:
    """A row of the source's own, or one that is deleted in the source's transaction."""
    said = declaration_of(owner)
    if owner._meta.label == copy.of:
        return ""
    if not isinstance(said, PersonalData) or not said.keep.with_parent:
        return "its owner does not live and die with a parent."
    parent = owner._meta.get_field(said.keep.with_parent)
    related = parent.related_model
    if not isinstance(related, type) or related._meta.label != copy.of:
        return f"its owner's parent is not {copy.of}."
    cascades = getattr(parent.remote_field, "on_delete", None) is models.CASCADE
    return "" if cascades else "its owner's parent does not take it along."


def _goes_with_key(owner: type[models.Model], copy: Copy) -> str:
    """Ciphertext: so whatever it is made of must be sealed, and destroyed by its key."""
    for model, said in sources(copy):
        shredded = said.erase is Erase.SHRED or bool(getattr(model, "sealed_under", ""))
        if not issubclass(model, SealedModel) or not shredded:
            return f"{model._meta.label} is not destroyed with a key."
    return ""


def _holds_names_only(owner: type[models.Model], copy: Copy) -> str:
    """Nothing that a person would get of it, and no object in storage."""
    said = declaration_of(owner)
    if not isinstance(said, PersonalData):
        return ""
    return "its owner holds content." if said.export or said.blob else ""


def _is_handed_over(owner: type[models.Model], copy: Copy) -> str:
    """Who has it answers for it; ours is the owner's row, which must end by itself."""
    said = declaration_of(owner)
    return "" if isinstance(said, PersonalData) else "its owner has no end of its own."


def _is_overwritten(owner: type[models.Model], copy: Copy) -> str:
    """Backups of what is not sealed do outlive it: for a bounded time, and with a reason."""
    if copy.of is not Spread.UNSEALED:
        return "only what is not sealed may wait for its backups to be thrown away."
    days = getattr(settings, copy.within, 0) if copy.within else 0
    if days <= 0:
        return "it names no setting with the most days."
    return "" if copy.because else "it gives no reason."


PROOFS = {
    Death.WITH_SOURCE: _goes_with_source,
    Death.WITH_KEY: _goes_with_key,
    Death.NAMES_ONLY: _holds_names_only,
    Death.HANDED_OVER: _is_handed_over,
    Death.OVERWRITTEN: _is_overwritten,
}


def _error(owner: type[models.Model], code: str, text: str) -> CheckMessage:
    return Error(f"{owner._meta.label} {text}", obj=owner, id=f"smartsvar.{code}")
