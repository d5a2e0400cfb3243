"""Whose an export is: the administrators' of the account, or one member's alone."""

from typing import cast
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from customers.models import Customer, Member, Role, Target
from privacy.models import Case, Export
from smartsvar.audit.models import AuditEntry

# With these the trail of what a member asks about itself begins: it is told by them as long as the
# trail is kept, when the request or export itself is gone.
BEGUN = ("case.opened_own", "export.asked_own")


def personal() -> Q:
    """Exports of what a member asked about itself: that is between the person and us.

    Where the request is gone, nobody can tell any more who asked: then it is the subject's alone.
    """
    own = Q(case__opened_by_kind="member", case__opened_by=F("object_id"))
    return Q(target=Target.MEMBER) & (Q(case=None) | own)


def exports_at(customer: Customer) -> "QuerySet[Export]":
    """Return the exports that all administrators of the account, and its keys, may know of."""
    rows = Export.objects.filter(~personal(), customer=customer).timely()
    return cast("QuerySet[Export]", rows)


def exports_of(member: Member) -> "QuerySet[Export]":
    """Return the exports that the member may list, fetch and delete."""
    seen = personal() & Q(object_id=member.id)
    if member.is_administrator:
        seen |= ~personal()
    rows = Export.objects.filter(seen, customer=member.customer).timely()
    return cast("QuerySet[Export]", rows)


def owner_of(export: Export) -> UUID | None:
    """Return the only member whom the export is for; None when it is the administrators'."""
    alone = Export._base_manager.filter(personal(), id=export.id).exists()
    return export.object_id if alone else None


def fetchers_of(export: Export) -> "QuerySet[Member]":
    """Return the members who may fetch the export now."""
    rows = Member.objects.filter(customer_id=export.customer_id, restricted=False).timely()
    owner = owner_of(export)
    whose = Q(role=Role.ADMINISTRATOR) if owner is None else Q(id=owner)
    return cast("QuerySet[Member]", rows.filter(whose, user__is_active=True))


def told_to(owner: UUID | None) -> Q:
    """Return which entries of the trail are told to this member; None: to whom it may concern.

    Not what was done with others' requests about themselves, and with the exports made for those.
    """
    about_it = OuterRef("object_id")
    begun = AuditEntry.objects.filter(object_id=about_it, verb__in=BEGUN)
    asked = Case._base_manager.filter(id=about_it, target=Target.MEMBER)
    made = Export._base_manager.filter(personal(), id=about_it)
    kinds = [Case._meta.label, Export._meta.label]
    private = Q(Exists(begun)) | Q(Exists(asked)) | Q(Exists(made))
    hidden = Q(object_model__in=kinds) & private
    if owner is not None:
        own = Q(Exists(begun.filter(actor_id=owner))) | Q(Exists(made.filter(object_id=owner)))
        own |= Q(Exists(asked.filter(Q(object_id=owner) | Q(opened_by=owner))))
        hidden &= ~own
    return ~hidden
