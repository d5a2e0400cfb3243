"""The papers that people get: the whole record, the agreement's appendix, the public policy."""

from collections.abc import Sequence
from datetime import date

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from customers.models import Customer
from privacy.record.article30 import declared_sections
from privacy.record.document import Document, Section, Table
from privacy.record.parties import (
    operator_section,
    subprocessors_section,
    transfers_section,
    watch_section,
)
from privacy.record.periods import own_period
from privacy.record.processing import Processing, processings
from smartsvar.personal_data import Role
from subprocessors.models import Engagement


def whole_record(on: date) -> Document:
    """Return the record of processing activities as the authority may ask for it (art. 30(4))."""
    engaged = engaged_on(on)
    return _document(
        "article-30",
        _("Record of processing activities"),
        [
            operator_section(),
            watch_section(on),
            *declared_sections(),
            subprocessors_section(engaged),
            transfers_section(engaged),
            security_section(),
        ],
    )


def engaged_on(day: date) -> list[Engagement]:
    """Return who is engaged that day, in one query."""
    return list(Engagement.objects.current(day))


def appendix(customer: Customer, on: date, engaged: Sequence[Engagement] | None = None) -> Document:
    """Return the appendix to the customer's agreement: its data, and how long we keep it.

    `engaged` is engaged_on(on), for those who have it already.

    What article 28(3) wants said: subject matter, duration, nature, purpose, kinds of data and of
    people; and what we do at the end.
    """
    known = engaged_on(on) if engaged is None else engaged
    ours = [_of_customer(each, customer) for each in processings(Role.PROCESSOR)]
    nature = _(
        "We take calls and messages for the customer, store them, show them to its members and pass"
        " them on, on its instruction and for no purpose of our own."
    )
    duration = _("As long as the contract runs, and then as long as each period below says.")
    end = _(
        "The customer can take all of it out and delete it at any time. What is left when its time"
        " is up is destroyed by itself: the key first, then what it sealed, with a receipt."
    )
    return _document(
        "agreement-appendix",
        _("Appendix: what we process for you"),
        [
            operator_section(),
            Section(_("Subject matter and nature"), text=(nature,)),
            Section(_("Duration"), text=(duration,)),
            Section(_("Data, people and periods"), text=(_instruction(customer),)),
            *ours,
            Section(_("At the end"), text=(end,)),
            subprocessors_section(known),
            transfers_section(known),
            security_section(),
        ],
    )


def _instruction(customer: Customer) -> str:
    told = _("For customer %(number)d, with the times that you have chosen yourself.")
    return told % {"number": customer.number}


def _of_customer(each: Processing, customer: Customer) -> Section:
    kept = own_period(each.model, each.keep, customer)
    facts = (
        (_("Purpose"), each.purpose),
        (_("Whose data"), each.subject),
        (_("Data"), each.data_in_words),
        (_("Kept"), kept),
        (_("Destroyed"), each.end),
    )
    return Section(each.heading, facts=facts, level=3)


def policy(on: date) -> Document:
    """Return the public policy: who we are, what is kept how long, and everybody's rights."""
    intro = _(
        "How we handle personal data. The periods below are read from the program that deletes:"
        " what stands here is what is done."
    )
    engaged = engaged_on(on)
    return _document(
        "privacy-policy",
        _("Privacy policy"),
        [
            operator_section(),
            Section(_("How long what is kept"), table=periods_table()),
            rights_section(),
            subprocessors_section(engaged),
            transfers_section(engaged),
            security_section(),
            complaint_section(),
        ],
        intro,
    )


def periods_table() -> Table:
    """Return every processing with its purpose, data, ground and period."""
    head = (_("What"), _("Kept"), _("Why"), _("Whose data"), _("Data"), _("Ground"))
    rows = [
        (each.heading, each.period, each.purpose, each.subject, each.data_in_words, each.basis)
        for each in processings()
    ]
    return Table(head, tuple(rows))


def rights_section() -> Section:
    """Return the rights of articles 15–22, and how to use them."""
    return Section(
        _("Your rights"),
        text=(
            _(
                "You can ask to see what we have about you, to have it corrected or deleted, to"
                " have its use restricted, to get it in a file, and object to its use. It costs"
                " nothing, and you get an answer within a month."
            ),
            _(
                "Have you called a company that uses us? Then that company answers for what you"
                " said: turn to it, or to us, and we pass your request on."
            ),
            _("Members of a customer find all of this on Mina Sidor, under Privacy."),
            _("No decision about you is made by a machine alone."),
        ),
    )


def complaint_section() -> Section:
    """Return where to complain (article 13(2)(d))."""
    told = _(
        "If you think that we do wrong you can complain to Integritetsskyddsmyndigheten (IMY),"
        " imy.se."
    )
    return Section(_("Complaints"), text=(told,))


def security_section() -> Section:
    """Return what protects the data (articles 30(1)(g) and 32): what the program does by itself."""
    return Section(
        _("Protection"),
        text=(
            _(
                "Calls, messages and personal details are encrypted record by record, each under a"
                " key of its own; the keys lie in a database of their own, and what is sent travels"
                " encrypted."
            ),
            _(
                "Only the customer's own members reach its data. Our support sees metadata and no"
                " messages, hears a call only while the customer permits it, and signs in with two"
                " factors."
            ),
            _("Who has seen, listened to, changed or deleted something stands in a chained log."),
            _(
                "Deletion destroys the key, so copies in backups cannot be read either; after a"
                " restore everything deleted since is deleted again before the service starts."
            ),
        ),
    )


def _document(name: str, title: str, sections: list[Section], *intro: str) -> Document:
    language = get_language() or "en"
    return Document(name, language, title, tuple(intro), tuple(sections))
