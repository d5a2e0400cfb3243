"""The answer to a request, as a letter: what was decided and why, and how to complain."""

from dataclasses import dataclass
from datetime import date

from django.conf import settings

from privacy.cases.visible import about_in_words, lawful_words
from privacy.models import Case, CaseState
from smartsvar.clock import STOCKHOLM


@dataclass(frozen=True)
class Letter:
    """What the letter says, in the language that is active when it is made."""

    number: int
    requester: str
    kind: str
    about: str
    received_on: date
    decided_on: date
    extended_on: date | None
    extension_reason: str
    verdict: str
    refused: bool
    ground: str
    decision: str
    signed: str
    reply_to: str


def letter_of(case: Case) -> Letter:
    """Return the letter of a case that is decided."""
    if case.decided_at is None:
        raise ValueError("The case is not decided.")
    return Letter(
        number=case.number,
        requester=case.requester,
        kind=str(case.get_kind_display()),
        about=about_in_words(case),
        received_on=case.received_on,
        decided_on=case.decided_at.astimezone(STOCKHOLM).date(),
        extended_on=case.extended_on,
        extension_reason=case.extension_reason,
        verdict=lawful_words(case.state),
        refused=case.state == CaseState.REFUSED,
        ground=case.ground,
        decision=case.decision,
        signed=settings.OPERATOR_NAME,
        reply_to=settings.PRIVACY_EMAIL,
    )
