"""What is done with a version: written as a draft, published for good, accepted by a customer."""

from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from customers.models import Customer, Member
from customers.papers import forget
from privacy.models import Acceptance, Terms, TermsNotice
from smartsvar.audit.actors import Acting
from smartsvar.audit.trail import record
from smartsvar.clock import STOCKHOLM
from smartsvar.jobs import enqueue

BATCH = 1000


class Published(Exception):
    """It is published: its text and its date stand."""


class Taken(Exception):
    """Another version of the kind begins that day."""


class Passed(Exception):
    """The day it was to begin has passed: nobody is bound by terms before they could read them."""


def day_of(at: datetime) -> date:
    """Return the day in Sweden, by which versions begin."""
    return at.astimezone(STOCKHOLM).date()


def write_draft(terms: Terms, *, by: Acting, at: datetime) -> None:
    """Store a draft, new or changed. Raises Published, and ValidationError for a missing text."""
    if not (terms.text_sv.strip() and terms.text_en.strip()):
        raise ValidationError(_("Both languages need a text."))
    with transaction.atomic():
        if not terms._state.adding:
            _draft(terms)
        terms.written_at, terms.published_at = at, None
        terms.save()
        record("terms.written", terms, by=by, customer_id=None, at=at)


def publish(terms: Terms, *, by: Acting, at: datetime) -> None:
    """Publish a draft and queue a mail to every customer, in one transaction.

    Raises Published, Passed, Taken.
    """
    if terms.valid_from < day_of(at):
        raise Passed
    try:
        with transaction.atomic():
            draft = _draft(terms)
            draft.published_at = at
            draft.save(update_fields=["published_at"])
            customers = Customer.objects.timely().values_list("id", flat=True)
            rows = [TermsNotice(terms=draft, customer_id=each) for each in customers]
            TermsNotice.objects.bulk_create(rows, batch_size=BATCH)
            record("terms.published", draft, by=by, customer_id=None, at=at)
            enqueue("privacy.tell_terms")
    except IntegrityError as error:
        raise Taken from error


def _draft(terms: Terms) -> Terms:
    """Return the stored draft, locked. Raises Published."""
    stored: Terms = Terms.objects.select_for_update().get(pk=terms.pk)
    if stored.published_at is not None:
        raise Published
    return stored


def accept(terms: Terms, *, by: Member, at: datetime) -> Acceptance:
    """Write down that the member accepts this version for its customer; the first one stands.

    Raises Terms.DoesNotExist for a draft: there is nothing to accept yet.
    """
    if terms.published_at is None:
        raise Terms.DoesNotExist
    with transaction.atomic():
        Customer.objects.select_for_update(no_key=True).get(id=by.customer_id)
        known: Acceptance | None = Acceptance.objects.filter(
            terms=terms, customer=by.customer
        ).first()
        if known is not None:
            return known
        made = Acceptance(terms=terms, customer=by.customer, accepted_by=by.id, accepted_at=at)
        made.name = by.name
        made.save(force_insert=True)
        record("acceptance.made", made, by=by, customer_id=by.customer_id, at=at)
    forget(by.customer_id)
    return made
