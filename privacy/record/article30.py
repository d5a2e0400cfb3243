"""The record of processing activities: article 30(1) as controller, 30(2) as processor."""

from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from privacy.record.copies import copy_map, headings
from privacy.record.document import Document, Section, Table
from privacy.record.processing import Processing, processings
from privacy.record.words import thing_name
from smartsvar.personal_data import Role


def declared_sections() -> tuple[Section, ...]:
    """Return what follows from the code alone: the processings in both roles, and the copies."""
    return (
        *_of_role(Role.CONTROLLER, _("Where we are controller (article 30(1))")),
        *_of_role(Role.PROCESSOR, _("Where we are processor (article 30(2))")),
        copies_section(),
    )


def _of_role(role: Role, heading: str) -> list[Section]:
    found = processings(role)
    texts = {
        Role.CONTROLLER: _("We decide why and how, and answer for it ourselves."),
        Role.PROCESSOR: _(
            "Each customer is controller of its own; we process for all of them alike, on their"
            " instruction. The customers are named in the customer register."
        ),
    }
    return [Section(heading, text=(texts[role],)), *map(processing_section, found)]


def processing_section(processing: Processing) -> Section:
    """Return one processing with all its facts."""
    return Section(processing.heading, facts=tuple(processing.facts()), level=3)


def copies_section() -> Section:
    """Return the copy map: every second place where data lies, its owner and its death."""
    rows = []
    for line in copy_map():
        what, _colon, dies = line.in_words().partition("; ")
        rows.append((what, line.source, thing_name(line.owner), dies))
    text = _(
        "Every copy has a row that owns it and dies no later than what it was made from; only what"
        " is not sealed waits for its backups to be thrown away."
    )
    return Section(_("Copies"), text=(text,), table=Table(headings(), tuple(rows)))


def snapshot() -> Document:
    """Return the part that follows from the code, for the file that is kept beside it."""
    intro = (
        _("Made from the declarations in the code; a test compares."),
        _(
            "The page in support's admin adds what only an installation knows: who is responsible,"
            " and the subprocessors."
        ),
    )
    return Document(
        name="article-30",
        language=get_language() or "en",
        title=_("Record of processing activities"),
        intro=intro,
        sections=declared_sections(),
    )


def as_data() -> list[dict[str, Any]]:
    """Return the declared facts for machines, in no language."""
    return [_facts(each) for each in processings()]


def _facts(each: Processing) -> dict[str, Any]:
    said = each.declared
    rule = {name: value for name, value in vars(each.keep).items() if value not in (None, "", 0)}
    return {
        "model": each.label, "role": said.role, "category": said.category, "basis": said.basis,
        "export": said.export, "keep": rule, "erase": said.erase, "restrict": said.restrict,
        "callers": said.callers, "mentions": said.mentions, "processors": said.processors,
        "belongs_to": said.belongs_to, "goes_with_thing": said.goes_with_thing,
        "copies": [{"owner": line.owner._meta.label, "dies": line.copy.dies, "of": line.copy.of,
                    "within": line.copy.within} for line in each.copies],
    }  # fmt: skip
