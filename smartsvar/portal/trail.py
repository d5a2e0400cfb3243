"""Audit entries in people's words: who did what, to what, and where that is."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import ApiKey, Member, StaffMember
from messages.models import PhoneMessage
from privacy.exports.readers import told_to
from recordings.models import Recording
from smartsvar.audit.actors import pseudonym
from smartsvar.audit.models import AuditEntry
from smartsvar.paging import openable

# To see, hear, read, search or fetch, and what was refused: what the insight page is made of.
LOOKS: dict[str, Any] = {
    "recording.seen": gettext_lazy("looked at a call"),
    "recording.played": gettext_lazy("listened to a recording"),
    "recording.downloaded": gettext_lazy("downloaded a recording"),
    "recording.refused": gettext_lazy("tried to listen to a recording and was refused"),
    "listeninggrant.read": gettext_lazy("read why support may listen"),
    "phonemessage.read": gettext_lazy("read a message"),
    "customer.events_listed": gettext_lazy("looked at the list of calls and messages"),
    "customer.calls_listed": gettext_lazy("looked at the list of calls"),
    "customer.messages_listed": gettext_lazy("looked at the list of messages"),
    "customer.register_listed": gettext_lazy("looked at the staff register"),
    "customer.register_exported": gettext_lazy("downloaded the staff register"),
    "customer.seen": gettext_lazy("looked at the account's details"),
    "case.read": gettext_lazy("read what a request asks for"),
    "customer.searched": gettext_lazy("searched the text of calls and messages"),
    "customer.caller_sought": gettext_lazy("looked up a caller"),
    "erasure.read": gettext_lazy("read the certificate of an erasure"),
    "erasure.fetched": gettext_lazy("downloaded the certificate of an erasure"),
    "signedreceipt.fetched": gettext_lazy("downloaded the account's receipts"),
    "export.collected": gettext_lazy("collected an export of personal data"),
    "export.downloaded": gettext_lazy("fetched an export of personal data"),
    "signedagreement.fetched": gettext_lazy("fetched the signed agreement"),
    "agreement.opened": gettext_lazy("opened a subprocessor's agreement"),
    "enquiry.read": gettext_lazy("read an enquiry"),
    "support.refused": gettext_lazy("tried to see something and was refused"),
}
# To write, change, delete or decide. Each verb stands in one of the two.
DEEDS: dict[str, Any] = {
    "recording.received": gettext_lazy("delivered a recording"),
    "recording.deleted": gettext_lazy("deleted a recording"),
    "recording.abandoned": gettext_lazy("broke off the delivery of a recording"),
    "recording.purged": gettext_lazy("deleted a recording whose time was up"),
    "listeninggrant.given": gettext_lazy("let support listen"),
    "listeninggrant.revoked": gettext_lazy("revoked support's permission to listen"),
    "listeninggrant.purged": gettext_lazy("deleted a permission to listen whose time was up"),
    "listeninggrant.deleted": gettext_lazy("deleted a permission to listen"),
    "phonemessage.taken": gettext_lazy("delivered a message"),
    "phonemessage.handled": gettext_lazy("marked a message as handled"),
    "phonemessage.unhandled": gettext_lazy("took back that a message is handled"),
    "phonemessage.marked_read": gettext_lazy("marked a message as read"),
    "phonemessage.marked_unread": gettext_lazy("marked a message as unread"),
    "phonemessage.assigned": gettext_lazy("assigned a message to somebody"),
    "phonemessage.unassigned": gettext_lazy("assigned a message to nobody"),
    "phonemessage.noted": gettext_lazy("wrote a note on a message"),
    "phonemessage.note_changed": gettext_lazy("changed a note on a message"),
    "phonemessage.note_removed": gettext_lazy("removed a note on a message"),
    "phonemessage.sent_again": gettext_lazy("sent a message again"),
    "phonemessage.forwarded": gettext_lazy("forwarded a message"),
    "phonemessage.deleted": gettext_lazy("deleted a message"),
    "phonemessage.purged": gettext_lazy("deleted a message whose time was up"),
    "staffmember.added": gettext_lazy("added a person to the staff register"),
    "staffmember.changed": gettext_lazy("changed a person on the staff register"),
    "staffmember.deleted": gettext_lazy("removed a person from the staff register"),
    "absence.added": gettext_lazy("noted an absence"),
    "absence.changed": gettext_lazy("changed an absence"),
    "absence.deleted": gettext_lazy("took an absence out of the calendar"),
    "absence.purged": gettext_lazy("deleted an absence whose time was up"),
    "registerfile.uploaded": gettext_lazy("uploaded a staff register"),
    "registerfile.deleted": gettext_lazy("deleted an uploaded staff register"),
    "registerfile.purged": gettext_lazy("deleted an uploaded staff register whose time was up"),
    "customer.register_imported": gettext_lazy("imported the staff register"),
    "customer.address_swapped": gettext_lazy("replaced an e-mail address everywhere"),
    "staffmember.purged": gettext_lazy("deleted a person on the staff register whose time was up"),
    "member.invited": gettext_lazy("invited a member"),
    "member.invited_again": gettext_lazy("sent an invitation again"),
    "member.joined": gettext_lazy("became a member"),
    "member.role_changed": gettext_lazy("changed a member's role"),
    "member.sight_changed": gettext_lazy("changed whose calls a member is shown"),
    "member.deleted": gettext_lazy("removed a member"),
    "member.purged": gettext_lazy("deleted a member whose time was up"),
    "invitation.deleted": gettext_lazy("closed an invitation"),
    "invitation.purged": gettext_lazy("deleted an invitation whose time was up"),
    "apikey.created": gettext_lazy("made an API key"),
    "apikey.revoked": gettext_lazy("revoked an API key"),
    "customer.opened": gettext_lazy("opened the account"),
    "customer.changed": gettext_lazy("changed the account's details"),
    "customer.retention_changed": gettext_lazy("changed how long recordings are kept"),
    "customer.contract_ended": gettext_lazy("noted when the contract ends"),
    "customer.contract_resumed": gettext_lazy("took back that the contract ends"),
    "customer.deleted": gettext_lazy("deleted the account"),
    "customer.purged": gettext_lazy("deleted the account, whose time was up"),
    "restriction.imposed": gettext_lazy("restricted the processing of data"),
    "restriction.lifted": gettext_lazy("lifted a restriction"),
    "restriction.purged": gettext_lazy("deleted a restriction whose time was up"),
    "restriction.deleted": gettext_lazy("deleted a restriction"),
    "hold.placed": gettext_lazy("kept data from being deleted"),
    "hold.released": gettext_lazy("ended a hold"),
    "hold.purged": gettext_lazy("deleted a hold whose time was up"),
    "hold.deleted": gettext_lazy("deleted a hold"),
    "case.opened": gettext_lazy("took in a request about personal data"),
    "case.opened_own": gettext_lazy("took in a member's request about itself"),
    "case.told": gettext_lazy("sent mail about a request"),
    "case.identified": gettext_lazy("checked who makes a request"),
    "case.extended": gettext_lazy("took more time for a request"),
    "case.granted": gettext_lazy("granted a request"),
    "case.refused": gettext_lazy("refused a request"),
    "case.withdrawn": gettext_lazy("closed a request that was withdrawn"),
    "case.purged": gettext_lazy("deleted a request whose time was up"),
    "case.deleted": gettext_lazy("deleted a request"),
    "erasure.asked": gettext_lazy("asked for data to be erased"),
    "erasure.cancelled": gettext_lazy("took back an erasure"),
    "erasure.told": gettext_lazy("sent mail about the erasure of the account"),
    "erasure.done": gettext_lazy("erased what was asked for"),
    "erasure.purged": gettext_lazy("deleted the certificate of an erasure whose time was up"),
    "erasure.deleted": gettext_lazy("deleted the certificate of an erasure"),
    "erasurenotice.deleted": gettext_lazy("deleted a mail about the account's erasure"),
    "erasurenotice.purged": gettext_lazy("deleted a notice of an erasure whose time was up"),
    "export.asked": gettext_lazy("asked for an export of personal data"),
    "export.asked_own": gettext_lazy("asked for an export of a member's own data"),
    "export.deleted": gettext_lazy("deleted an export of personal data"),
    "export.purged": gettext_lazy("deleted an export whose time was up"),
    "keys.rotated": gettext_lazy("gave the account new encryption keys"),
    "signing.begun": gettext_lazy("began to sign the data processing agreement"),
    "signing.purged": gettext_lazy("deleted a signing under way whose time was up"),
    "signing.deleted": gettext_lazy("deleted a signing under way"),
    "signedagreement.signed": gettext_lazy("signed the data processing agreement"),
    "signedagreement.purged": gettext_lazy("deleted a signed agreement whose time was up"),
    "signedagreement.deleted": gettext_lazy("deleted a signed agreement"),
    "subprocessor.added": gettext_lazy("added a subprocessor to the register"),
    "subprocessor.changed": gettext_lazy("changed a subprocessor in the register"),
    "engagement.added": gettext_lazy("added a subprocessor's engagement"),
    "engagement.changed": gettext_lazy("changed a subprocessor's engagement"),
    "agreement.purged": gettext_lazy("deleted a subprocessor's agreement whose time was up"),
    "agreement.deleted": gettext_lazy("deleted a subprocessor's agreement"),
    "notice.announced": gettext_lazy("announced a change among the subprocessors"),
    "objection.made": gettext_lazy("objected to a subprocessor"),
    "objection.answered": gettext_lazy("answered an objection to a subprocessor"),
    "objection.purged": gettext_lazy("deleted an objection whose time was up"),
    "objection.deleted": gettext_lazy("deleted an objection"),
    "accountmail.deleted": gettext_lazy("deleted a mail about signing in"),
    "accountmail.purged": gettext_lazy("deleted a mail about signing in whose time was up"),
    "enquiry.received": gettext_lazy("received an enquiry"),
    "enquiry.answered": gettext_lazy("answered an enquiry"),
    "enquiry.deleted": gettext_lazy("deleted an enquiry"),
    "enquiry.purged": gettext_lazy("deleted an enquiry whose time was up"),
    "terms.published": gettext_lazy("published terms"),
    "terms.written": gettext_lazy("wrote a draft of terms"),
    "acceptance.made": gettext_lazy("accepted terms"),
    "acceptance.deleted": gettext_lazy("deleted an acceptance of terms"),
    "acceptance.purged": gettext_lazy("deleted an acceptance of terms whose time was up"),
    "bulletin.published": gettext_lazy("announced something about the service"),
    "bulletin.changed": gettext_lazy("changed an announcement about the service"),
    "support.created": gettext_lazy("became support staff"),
    "support.listener_made": gettext_lazy("became one of those who may listen when permitted"),
    "support.listener_unmade": gettext_lazy("is no longer one of those who may listen"),
    "record.unreadable": gettext_lazy("found something damaged that does not open"),
}
VERBS = LOOKS | DEEDS
PAGES = {
    Recording._meta.label: (Recording, "portal:call"),
    PhoneMessage._meta.label: (PhoneMessage, "portal:message"),
    StaffMember._meta.label: (StaffMember, "customers:staff_change"),
}


def entries_for(member: Member) -> "QuerySet[AuditEntry]":
    """Return the trail as the member may read it, newest first.

    To a member who is shown its own calls only: what it did itself, and what was done with the
    calls and messages it is shown. That there are others is not to be learnt here. And to nobody
    what another member asks about itself.
    """
    entries: QuerySet[AuditEntry] = AuditEntry.objects.of(member.customer_id)
    entries = entries.filter(told_to(member.id))
    if member.sees_all:
        return entries
    shown = Q(actor_kind="member", actor_id=member.id)
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
