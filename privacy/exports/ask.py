"""Ask for an export, and throw one away."""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.http import Http404
from django.utils import translation

from customers.actions.covers import About
from customers.models import Customer, Target
from privacy.cases.steps import NotOpen, open_case, withdraw
from privacy.exports.readers import owner_of
from privacy.exports.selection import portions
from privacy.models import Case, CaseKind, Export, ExportState
from privacy.pointing import LABELS
from smartsvar.audit.actors import Acting
from smartsvar.audit.trail import record
from smartsvar.clock import database_now
from smartsvar.jobs import enqueue
from smartsvar.personal_data import declared
from smartsvar.shredding.actions import carry_out
from smartsvar.shredding.claims import claim_rows

MOST = 20  # exports that a customer may have at a time
MOST_OWN = 3  # exports that a member may have of what is about itself
TASK = "privacy.collect_export"
UNFINISHED = Q(state__in=[ExportState.WAITING, ExportState.COLLECTING])


class TooMany(Exception):
    """The customer has as many exports as it may; one must go, or expire, first."""


class NoSuchThing(Http404):
    """There is no such person or record at this customer."""


def ask_for_export(
    customer: Customer,
    about: About,
    *,
    case: Case | None,
    by: Acting,
    at: datetime,
    kind: CaseKind = CaseKind.ACCESS,
    language: str = "",
) -> Export:
    """Ask for everything about this (articles 15 and 20); a worker collects it.

    Without a case, one of this kind is opened, and answered when the export is ready. Asked twice
    for the same, by the same right and in the same language, while the first is not collected, it
    is the same export. Raises NoSuchThing, TooMany.
    """
    about = _checked(customer, about, at)
    language = language or (translation.get_language() or customer.language)[:2]
    with transaction.atomic():
        Customer._base_manager.select_for_update().get(id=customer.id)  # one request at a time
        living = list(Export.objects.filter(customer=customer).timely(at).select_related("case"))
        waiting = [each for each in living if _same(each, about, case) and _whose(each, about, by)]
        twin = next((each for each in waiting if case or _alike(each, kind, language)), None)
        if twin is not None:
            return twin
        if _full(living, about, by):
            raise TooMany
        opened = case or open_case(customer, kind, about, by=by, at=at)
        export = Export(
            customer=customer, case=opened, closes_case=case is None, target=about.target,
            object_model=about.object_model, object_id=about.object_id, asked_at=at,
            asked_by_kind=by.actor.kind, asked_by=by.actor.id,
            language=language,
        )  # fmt: skip
        export.caller = about.caller
        export.save(force_insert=True)
        verb = "export.asked" if owner_of(export) is None else "export.asked_own"
        record(verb, export, by=by, customer_id=customer.id, at=at)
        enqueue(TASK, export.id)
    return export


def ask_on_behalf(case: Case, *, by: Acting, at: datetime) -> Export:
    """Ask for what an open request is about. Raises NoSuchThing, TooMany.

    The customer's administrators fetch it, or the member who asked about itself; whoever asks here
    only sees how far it has come.
    """
    language = case.customer.language
    return ask_for_export(case.customer, about_of(case), case=case, by=by, at=at, language=language)


def about_of(thing: Export | Case) -> About:
    """Return whom or what an export or a request is about."""
    return About(
        target=Target(thing.target), caller=thing.caller, object_model=thing.object_model,
        object_id=thing.object_id,
    )  # fmt: skip


def throw_away(export: Export, *, by: Acting) -> int:
    """Delete an export, collected or not: its list goes, and no download of it goes on.

    A request that was opened with it is taken back with it, if it still waits. Raises Held.
    """
    at = database_now()
    with transaction.atomic():
        Customer.objects.select_for_update().get(id=export.customer_id)  # first, as elsewhere
        job = claim_rows(Export, [export.id], by=by, at=at)
        if job:
            drop_request(export, by=by, at=at)
    return carry_out(job) if job else 0


def drop_request(export: Export, *, by: Acting, at: datetime) -> None:
    """Close the request that was opened with an export which will not answer it; end its hold."""
    if not export.closes_case:
        return
    case = Case.objects.filter(id__in=[export.case_id], closed_at=None).stored().first()
    try:
        if case is not None:
            withdraw(case, by=by, at=at)
    except NotOpen:
        return


def _same(export: Export, about: About, case: Case | None) -> bool:
    """Whether it is still being collected, about the same and for the same request."""
    unfinished = export.state in {ExportState.WAITING, ExportState.COLLECTING}
    request = export.closes_case if case is None else export.case_id == case.id
    return unfinished and request and about_of(export) == about


def _alike(export: Export, kind: CaseKind, language: str) -> bool:
    """Whether it answers the same right in the same language; else it has its own request."""
    return export.case is not None and (export.case.kind, export.language) == (kind, language)


def _whose(export: Export, about: About, by: Acting) -> bool:
    """About a member, what one asks for is not shown to another."""
    return about.target != Target.MEMBER or export.asked_by == by.actor.id


def _full(living: list[Export], about: About, by: Acting) -> bool:
    """Whether there may be no more. What members ask about themselves takes no other's place."""
    own = [each for each in living if _own(each.target, each.object_id, each.asked_by)]
    if _own(about.target, about.object_id, by.actor.id):
        return len([each for each in own if each.object_id == about.object_id]) >= MOST_OWN
    return len(living) - len(own) >= MOST


def _own(target: str, object_id: UUID | None, asked_by: UUID | None) -> bool:
    """About a member who asked for it itself."""
    return target == Target.MEMBER and object_id is not None and object_id == asked_by


def _checked(customer: Customer, about: About, at: datetime) -> About:
    """Return it with the model's label filled in. Raises NoSuchThing."""
    if about.target in {Target.CUSTOMER, Target.CALLER}:
        if about.target == Target.CALLER and not about.caller:
            raise NoSuchThing
        return About(target=about.target, caller=about.caller)
    label = LABELS.get(about.target, about.object_model)
    whole = About(target=about.target, object_model=label, object_id=about.object_id)
    exported = {model._meta.label for model, said in declared() if said.export}
    own = [each for each in portions(customer, whole) if each.key == label]
    if label not in exported or not any(each.rows(at).exists() for each in own):
        raise NoSuchThing
    return whole
