"""The text that is agreed: what article 28(3) wants said, then the appendix that the code makes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from django.utils.translation import gettext as _

from customers.models import Customer
from privacy.record.document import Document, Section
from privacy.record.papers import appendix
from privacy.record.parties import operator_section
from subprocessors.models import Engagement

Term = tuple[str, tuple[str, ...]]  # a heading, and its paragraphs


def agreement(
    customer: Customer, on: date, engaged: Sequence[Engagement] | None = None
) -> Document:
    """Return the whole agreement with this customer as it stands that day, in the language set.

    Raises what opening the customer's own row raises.
    """
    added = appendix(customer, on, engaged)
    sections = (
        _parties(customer),
        replace(operator_section(), heading=_("The processor"), level=3),
        *_terms(),
        Section(added.title),
        *(each for each in added.sections if each.heading != operator_section().heading),
    )
    intro = _(
        "Between the customer, who is the controller, and us, who are the processor, under article"
        " 28 of the General Data Protection Regulation (GDPR)."
    )
    title = _("Data processing agreement")
    return Document("agreement", added.language, title, (intro,), sections)


def _parties(customer: Customer) -> Section:
    facts = (
        (_("The controller"), customer.company_name),
        (_("Organisation number"), customer.organisation_number),
        (_("Customer number"), str(customer.number)),
    )
    return Section(_("Parties"), facts=tuple(fact for fact in facts if fact[1]))


def _terms() -> list[Section]:
    """Return the terms, in the order of article 28(3)(a) to (h)."""
    return [Section(heading, text=text) for heading, text in (*_how_we_work(), *_how_we_help())]


def _how_we_work() -> list[Term]:
    """Article 28(3)(a) to (d): instructions, confidentiality, security, subprocessors."""
    return [
        (_("Instructions"), (
            _("We process personal data only on the customer's documented instructions: this"
              " agreement, its appendix, and what the customer does and chooses in the service."
              " That holds for transfers to countries outside the EU and EEA too, unless the law"
              " obliges us; then we say so first, if we may."),
            _("If we find that an instruction breaks the law, we tell the customer at once."),
        )),
        (_("Confidentiality"), (
            _("Whoever works with the data for us is bound to secrecy, and that lasts when the"
              " work has ended. Our support listens to a recording only under a permission that"
              " the customer gives, for the time that it gives it."),
        )),
        (_("Security"), (
            _("We take the measures that article 32 asks for. What they are is said in the"
              " appendix. We may replace a measure by a better one, never by a weaker."),
        )),
        (_("Subprocessors"), (
            _("The customer gives a general permission to engage subprocessors. Those that are"
              " engaged stand in the appendix. We announce each change in advance, and the"
              " customer may object before it takes effect."),
            _("We bind each subprocessor by the same duties, and answer for what it does."),
        )),
    ]  # fmt: skip


def _how_we_help() -> list[Term]:
    """Article 28(3)(e) to (h): rights, breaches, deletion, audit; and how long it holds."""
    return [
        (_("The rights of the people concerned"), (
            _("We help the customer answer those who use their rights. The service finds, exports,"
              " corrects, restricts and erases what it holds about a person, and a request that"
              " comes to us is passed on without delay."),
        )),
        (_("Breaches, assessments and consultation"), (
            _("We tell the customer of a personal data breach without undue delay when we have"
              " learnt of it, with what the customer needs for its own duty to notify. We help"
              " with impact assessments and prior consultations, as far as they concern what we"
              " do."),
        )),
        (_("Deletion and return"), (
            _("Until the contract ends the customer can take out its data in open formats. What"
              " is left is deleted as the appendix says, unless the law obliges us to keep it."),
        )),
        (_("Insight and audit"), (
            _("We give the customer what shows that these duties are kept: the log of every look,"
              " receipts of what was deleted, and this appendix. The customer, or an auditor that"
              " it appoints, may inspect us on reasonable notice."),
        )),
        (_("Time and law"), (
            _("The agreement holds as long as we process personal data for the customer. A new"
              " version takes the place of the one before when the customer has signed it. Swedish"
              " law applies."),
        )),
    ]  # fmt: skip
