"""Which papers wait for a customer: an agreement to sign, terms to accept, a change to object to.

Asked on every first page, so it is remembered for some minutes: three facts, no content. Whoever
signs, accepts or objects forgets it (customers/papers.py); a change that is announced shows after
that time.
"""

from datetime import date, datetime
from typing import NamedTuple

from django.core.cache import cache
from django.db.models import Value

from customers.models import Customer
from customers.papers import remembered_as
from privacy.agreements.versions import is_among
from privacy.models import SignedAgreement
from privacy.terms.standing import to_accept
from smartsvar.unreadable import noticed
from smartsvar.vault.errors import Unreadable
from subprocessors.notices import object_until, today

REMEMBERED = 300  # seconds
SIGNED, TERMS = "signed", "terms"
Signed = set[tuple[str, str]]  # languages and versions


class Waiting(NamedTuple):
    """agreement: "first", "new" (another version than the signed one) or ""."""

    agreement: str
    terms: bool
    object_until: date | None


def waiting_for(customer: Customer, at: datetime) -> Waiting:
    """Return what waits for the customer; what its damaged row would say is told, and left out."""
    chosen = customer.recording_days  # which the agreement's appendix says
    name = remembered_as(customer.id)
    known: tuple[int | None, Waiting] | None = cache.get(name)
    if known is None or known[0] != chosen:
        signed, terms = _papers(customer)
        agreement = _agreement(signed, customer, today(at))
        known = chosen, Waiting(agreement, terms, object_until(customer, at))
        cache.set(name, known, REMEMBERED)
    return known[1]


def _papers(customer: Customer) -> tuple[Signed, bool]:
    """Return which versions are signed, and whether terms wait; one query, which the first page
    asks for two unlike papers at once."""
    agreements = SignedAgreement.objects.of(customer.id).order_by()
    terms = to_accept(customer).order_by()
    rows = list(
        agreements.annotate(what=Value(SIGNED)).values_list("what", "language", "version").union(
            terms.annotate(what=Value(TERMS)).values_list("what", Value(""), Value(""))
        )
    )  # fmt: skip
    signed = {(language, version) for what, language, version in rows if what == SIGNED}
    return signed, any(what == TERMS for what, *_rest in rows)


def _agreement(signed: Signed, customer: Customer, day: date) -> str:
    try:
        current = is_among(signed, customer, day)
    except Unreadable as error:
        noticed(error, customer.place)
        return ""
    return {None: "first", False: "new", True: ""}[current]
