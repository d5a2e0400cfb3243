"""A changed declaration: every stored date derived again, by a job that may stop anywhere.

Which rule a model's rows follow is remembered as a fingerprint; when the code or a setting of the
operator's says another, the job goes through the table by primary key and notes how far it came.
"""

import hashlib
import time
from dataclasses import asdict

import structlog
from django.db.models import Q

from privacy.models import Derivation
from privacy.purging.due import derive_batches
from privacy.purging.purge import shreddable
from smartsvar.personal_data import Keep
from smartsvar.shredding.models import Shreddable

log = structlog.get_logger(__name__)


def fingerprint(keep: Keep) -> str:
    """Return what tells this rule from another: all that it says, and the operator's choice."""
    said = sorted(asdict(keep).items()) + [("chosen", keep.chosen_days())]
    return hashlib.sha256(repr(said).encode()).hexdigest()


def derive_changed(*, seconds: float = 60) -> int:
    """Derive the dates of every model with another rule than they follow; return how many changed.

    Stops after so many seconds and goes on from there the next time, so that a large table does not
    hold up what is due. Rows that are written meanwhile follow the new rule by themselves. Two at
    once do the same work twice and no harm.
    """
    end, changed = time.monotonic() + seconds, 0
    followed = dict(Derivation.objects.values_list("model", "done"))
    for model, declaration in shreddable():
        rule = fingerprint(declaration.keep)
        if followed.get(model._meta.label) != rule:
            changed += _follow(model, rule, end)
    return changed


def _follow(model: type[Shreddable], rule: str, end: float) -> int:
    label, changed = model._meta.label, 0
    state, _ = Derivation.objects.get_or_create(model=label, defaults={"rule": rule})
    if state.rule != rule:  # changed once more on the way, or since: from the beginning
        Derivation.objects.filter(model=label).update(rule=rule, done="", cursor=None)
        state.cursor = None
    mine = Derivation.objects.filter(model=label, rule=rule)
    rest = Q(id__gt=state.cursor) if state.cursor else Q()
    for last, count in derive_batches(model, rest):
        changed += count
        if not mine.update(cursor=last) or time.monotonic() > end:
            return changed  # another rule has taken it over, or there is time for the rest later
    if mine.update(done=rule, cursor=None) and changed:
        log.info("dates follow their rule", model=label, count=changed)
    return changed


def pending() -> list[str]:
    """Return the models whose rows do not all follow their declaration yet.

    One that no job has been through is not among them: what has only ever been written under this
    declaration follows it.
    """
    followed = dict(Derivation.objects.values_list("model", "done"))
    found = ((model._meta.label, fingerprint(said.keep)) for model, said in shreddable())
    return [label for label, rule in found if followed.get(label, rule) != rule]
