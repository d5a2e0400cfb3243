"""An enquiry: received once, read on purpose, answered, erased when its person asks."""

from dataclasses import dataclass
from datetime import datetime

import structlog
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from customers.actions.numbers import next_number
from customers.models import Enquiry
from customers.readers import write_to
from smartsvar import mail
from smartsvar.audit.actors import SYSTEM, Acting
from smartsvar.audit.trail import record
from smartsvar.jobs import enqueue
from smartsvar.shredding.actions import shred

log = structlog.get_logger(__name__)

OPERATORS_READ = "sv"  # those who have no sign-in that says otherwise


@dataclass(frozen=True, kw_only=True)
class EnquiryFacts:
    """What somebody wrote; `phone` is E.164 or empty, `language` that of the page."""

    name: str
    email: str
    matter: str
    language: str
    phone: str = ""
    company: str = ""


def receive_enquiry(
    facts: EnquiryFacts, *, at: datetime, source: Enquiry.Source = Enquiry.Source.FORM
) -> Enquiry:
    """Store an enquiry under the next free number, and nudge the mail to the operators."""
    enquiry = Enquiry(source=source, language=facts.language, received_at=at)
    enquiry.name, enquiry.email, enquiry.matter = facts.name, facts.email, facts.matter
    enquiry.phone, enquiry.company = facts.phone, facts.company
    with transaction.atomic():
        enquiry.number = next_number(Enquiry)
        enquiry.save(force_insert=True)
        record("enquiry.received", enquiry, by=SYSTEM, customer_id=None, at=at)
        enqueue("customers.send_enquiry_notices")
    return enquiry


def read_enquiry(enquiry: Enquiry, *, by: Acting, at: datetime) -> dict[str, str]:
    """Return what was written, and leave a trace of who read it."""
    record("enquiry.read", enquiry, by=by, customer_id=None, at=at)
    names = ("name", "email", "phone", "company", "matter")
    return {name: str(getattr(enquiry, name)) for name in names}


def note_answered(enquiry: Enquiry, *, by: Acting, at: datetime) -> None:
    """Note that it has been answered; a second time changes nothing."""
    with transaction.atomic():
        changed = Enquiry.objects.live().filter(id=enquiry.pk, answered_at=None)
        if changed.update(answered_at=at):
            record("enquiry.answered", enquiry, by=by, customer_id=None, at=at)


def erase_enquiry(enquiry: Enquiry, *, by: Acting) -> int:
    """Destroy an enquiry before its time, as its person asks (articles 17 and 21)."""
    return shred([enquiry], by=by)


def tell_operators(at: datetime) -> int:
    """Mail the operators the numbers of new enquiries, nothing else; return how many.

    One mail for all that wait, so that somebody who writes a thousand fills no mailbox. Raises what
    mail.send raises: the next run sends it. After the mail: rather twice than never.
    """
    waiting = list(Enquiry.objects.untold().values_list("id", "number"))
    if not waiting or not settings.OPERATORS_EMAIL:
        return 0
    mail.send(lambda: _notice([number for _row, number in waiting]))
    Enquiry.objects.filter(id__in=[identity for identity, _said in waiting]).update(told_at=at)
    return len(waiting)


def _notice(numbers: list[int]) -> list[EmailMultiAlternatives]:
    facts = {
        "link": settings.PUBLIC_URL + reverse("admin:customers_enquiry_changelist"),
        "several": ", ".join(map(str, numbers[:50])),
        "count": len(numbers),
    }
    operators, subject = settings.OPERATORS_EMAIL, _("News from the contact form")
    return write_to(
        operators, "customers/mail/enquiries", facts, subject=subject, otherwise=OPERATORS_READ
    )
