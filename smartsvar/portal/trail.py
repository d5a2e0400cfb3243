"""Audit entries in people's words: who did what, to what, and where that is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from customers.models import ApiKey, Member, StaffMember
from messages.models import PhoneMessage
from privacy.exports.readers import told_to
from recordings.models import Recording
from smartsvar.audit.actors import pseudonym
from smartsvar.audit.models import AuditEntry
from smartsvar.paging import openable
from smartsvar.portal.verbs import VERBS

PAGES = {
    Recording._meta.label: (Recording, "portal:call"),
    PhoneMessage._meta.label: (PhoneMessage, "portal:message"),
    StaffMember._meta.label: (StaffMember, "customers:staff_change"),
}


def entries_for(member: Member) -> "QuerySet[AuditEntry]":
    """Return the trail as the member may read it, newest first.

    To a member who is shown its own calls only: what it did itself, what was done with its own
    membership, and with the calls and messages it is shown. That there are others is not to be
    learnt here. And to nobody what another member asks about itself.
    """
    entries: QuerySet[AuditEntry] = AuditEntry.objects.of(member.customer_id)
    entries = entries.filter(told_to(member.id))
    if member.sees_all:
        return entries
    shown = Q(actor_kind="member", actor_id=member.id) | Q(object_id=member.id)
    for model in (Recording, PhoneMessage):
        shown |= Q(object_id__in=model.objects.visible_to(member).values("id"))
    return entries.filter(shown)


@dataclass(frozen=True)
class Line:
    """One entry for reading: `kind` as in the entry; `link` is "" for what is gone."""

    at: datetime
    kind: str
    who: str
    what: str
    link: str


class Teller:
    """Tells a member the entries, looking up all names and pages in a fixed number of queries."""

    def __init__(self, member: Member) -> None:
        self.member, self.customer = member, member.customer

    def tell(self, entries: Iterable[AuditEntry]) -> list[Line]:
        """Return the entries as lines, in their order."""
        rows = list(entries)
        names = self._members(_actors(rows, "member")) | self._keys(_actors(rows, "key"))
        here = self._still_here(rows)
        return [
            Line(row.at, row.actor_kind, _who(row, names), _what(row), self._link(row, here))
            for row in rows
        ]

    def _members(self, ids: set[UUID]) -> dict[UUID, str]:
        found = list(Member.objects.of(self.customer).filter(id__in=ids)) if ids else []
        return {member.id: member.name for member in openable(found)}

    def _keys(self, ids: set[UUID]) -> dict[UUID, str]:
        """Labels of the customer's own keys; a platform key is told as a system of ours."""
        if not ids:
            return {}
        return dict(
            ApiKey.objects.filter(customer=self.customer, id__in=ids).values_list("id", "label")
        )

    def _still_here(self, rows: list[AuditEntry]) -> set[UUID]:
        here: set[UUID] = set()
        for label, (model, _page) in PAGES.items():
            ids = {row.object_id for row in rows if row.object_model == label and row.object_id}
            if ids:
                here |= set(self._shown(model).filter(id__in=ids).values_list("id", flat=True))
        return here

    def _shown(self, model: Any) -> Any:
        """The rows with a page that the member may open: the staff register is everybody's."""
        if model is StaffMember:
            return model.objects.of(self.customer)
        return model.objects.visible_to(self.member)

    def _link(self, row: AuditEntry, here: set[UUID]) -> str:
        if row.object_id not in here:
            return ""
        return reverse(PAGES[row.object_model][1], args=[self.customer.number, row.object_id])


def _actors(rows: list[AuditEntry], kind: str) -> set[UUID]:
    return {row.actor_id for row in rows if row.actor_kind == kind and row.actor_id}


def _who(row: AuditEntry, names: dict[UUID, str]) -> str:
    known = names.get(row.actor_id, "") if row.actor_id else ""
    strangers = {
        "member": _("a former member"),
        "key": _("Smartsvar's telephone exchange"),
        "support": _("Smartsvar's support, %(agent)s") % {"agent": pseudonym(row.actor_id)},
        "system": _("Smartsvar"),
    }
    return known or strangers.get(row.actor_kind, row.actor_kind)


def _what(row: AuditEntry) -> str:
    return str(VERBS.get(row.verb, row.verb))
