"""Which versions stand: in force, coming and earlier; and which a customer has yet to accept."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, QuerySet

from customers.models import Customer
from privacy.models import Acceptance, Terms, TermsKind
from smartsvar.paging import openable


@dataclass(frozen=True)
class Standing:
    """One kind's published versions that day; `earlier` newest first, `coming` nearest first."""

    kind: TermsKind
    current: Terms | None
    coming: list[Terms]
    earlier: list[Terms]

    @property
    def newest(self) -> Terms | None:
        """The version that a customer is asked to accept: the last one there is."""
        return self.coming[-1] if self.coming else self.current


def standings(on: date) -> list[Standing]:
    """Return every kind of which something is published, in one query."""
    versions = list(Terms.objects.published().defer("text_sv", "text_en"))
    found = [_standing(kind, versions, on) for kind in TermsKind]
    return [each for each in found if each.newest]


def _standing(kind: TermsKind, versions: list[Terms], on: date) -> Standing:
    ours = [each for each in versions if each.kind == kind]
    begun = [each for each in ours if not each.coming(on)]
    coming = [each for each in reversed(ours) if each.coming(on)]
    return Standing(kind, begun[0] if begun else None, coming, begun[1:])


def acceptances_of(customer: Customer) -> list[Acceptance]:
    """Return what the customer has accepted, newest first; also while it is restricted."""
    rows = Acceptance.objects.filter(customer=customer).timely().select_related("terms")
    return openable(list(rows.order_by("-accepted_at", "-id")))


def to_accept(customer: Customer) -> "QuerySet[Terms]":
    """Return the newest version of each kind that the customer has not accepted."""
    accepted = Acceptance.objects.filter(customer=customer, terms=OuterRef("pk")).stored()
    rows: QuerySet[Terms] = Terms.objects.newest().exclude(Exists(accepted)).order_by("kind")
    return rows.defer("text_sv", "text_en")
