"""Published papers and an enquiry, for tests that need one of each."""

from datetime import datetime

from customers.actions.enquiries import EnquiryFacts, receive_enquiry
from customers.models import Enquiry
from privacy.models import Acceptance, PolicyVersion, Terms, TermsKind
from privacy.record.versions import keep_versions
from privacy.terms.steps import accept, day_of, publish, write_draft
from smartsvar.audit.actors import SYSTEM
from smartsvar.clock import database_now
from tests import cast

ENQUIRY = "Vad kostar det för en duvslagare?"  # support reads and answers it


def version() -> PolicyVersion:
    """Return the newest version of the policy, kept now if none is."""
    if not PolicyVersion.objects.exists():
        keep_versions(database_now())
    return PolicyVersion.objects.latest("seen_at")


def draft_of_terms() -> Terms:
    """Return service terms that are not published yet."""
    at = database_now()
    made = Terms(
        kind=TermsKind.SERVICE, valid_from=day_of(at), text_sv="# Pris\nX.", text_en="# Price\nX."
    )
    write_draft(made, by=SYSTEM, at=at)
    return made


def published_terms() -> Terms:
    """Return general terms that are in force."""
    known: Terms | None = Terms.objects.published().filter(kind=TermsKind.GENERAL).first()
    if known is not None:
        return known
    at = database_now()
    made = Terms(
        kind=TermsKind.GENERAL, valid_from=day_of(at), text_sv="# Pris\nTrettio dagar.",
        text_en="# Price\nThirty days.",
    )  # fmt: skip
    write_draft(made, by=SYSTEM, at=at)
    publish(made, by=SYSTEM, at=at)
    return made


def accepted_terms(house: cast.House) -> Acceptance:
    return accept(
        Terms.objects.get(pk=published_terms().pk), by=house.administrator, at=database_now()
    )


def planted_enquiry(at: datetime) -> Enquiry:
    facts = EnquiryFacts(
        name="Duva Duvsson", email="duva@duvslag.example", matter=ENQUIRY, language="sv"
    )
    return receive_enquiry(facts, at=at)
