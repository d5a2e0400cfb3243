"""Which version an agreement is, whether the customer has signed it, and what has changed since."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils import translation

from customers.models import Customer
from privacy.agreements.text import agreement
from privacy.models import SignedAgreement
from privacy.record.document import Document
from privacy.record.papers import engaged_on
from privacy.record.versions import Change, as_document, changes
from privacy.record.writers import markdown
from subprocessors.models import Engagement

SHOWN = 20  # signed versions that a page lists


def version_of(document: Document) -> str:
    """Return the version: the SHA-256, in hex, of the text as its page hands it out in Markdown."""
    return hashlib.sha256(markdown(document).encode()).hexdigest()


def in_language(
    customer: Customer, language: str, on: date, engaged: Sequence[Engagement] | None = None
) -> Document:
    """Return the agreement as it stands that day in this language."""
    with translation.override(language):
        return agreement(customer, on, engaged)


@dataclass(frozen=True)
class Standing:
    """How a customer stands to the agreement: what it has signed, newest first, and what is new."""

    signed: list[SignedAgreement]
    current: bool
    changes: list[Change]

    @property
    def outdated(self) -> bool:
        """Whether something is signed, and something else is offered now."""
        return bool(self.signed) and not self.current


def is_current(customer: Customer, on: date) -> bool | None:
    """Whether the version of that day is signed, in any language; None when none ever was."""
    mine = SignedAgreement.objects.of(customer.id).values_list("language", "version")
    return is_among(set(mine), customer, on)


def is_among(signed: set[tuple[str, str]], customer: Customer, on: date) -> bool | None:
    """Whether the version of that day is one of these, each a language and a version."""
    if not signed:
        return None
    engaged = engaged_on(on)  # once for all languages
    offered = {
        (language, version_of(in_language(customer, language, on, engaged)))
        for language in {language for language, _ in signed}
    }
    return bool(signed & offered)


def standing(customer: Customer, on: date) -> Standing:
    """Return how the customer stands to the agreement of that day."""
    signed = list(SignedAgreement.objects.of(customer.id)[:SHOWN])
    current = is_current(customer, on)
    if current is not False:
        return Standing(signed, bool(current), [])
    newest = signed[0]
    offered = in_language(customer, newest.language, on)
    return Standing(signed, False, changes(as_document(newest.content), offered))
