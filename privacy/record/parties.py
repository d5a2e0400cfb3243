"""What only an installation knows: who answers for it, whom it engages, where data goes."""

from collections.abc import Iterator, Sequence
from datetime import date

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from privacy.record.document import Fact, Section, Table
from smartsvar.counts import grouped
from smartsvar.declared_words import purpose_name
from smartsvar.regions import allowed
from subprocessors.coverage import unbound, uncovered, unreviewed
from subprocessors.models import Engagement
from subprocessors.notices import unanswered
from subprocessors.places import country_name


def operator_section() -> Section:
    """Return who we are and how to reach us (article 30(1)(a), 13(1)(a) and (b))."""
    return Section(_("Who is responsible"), facts=tuple(operator_facts()))


def operator_facts() -> Iterator[Fact]:
    """Yield what is known of the operator, each with its heading."""
    for heading, value in (
        (_("Name"), settings.OPERATOR_NAME),
        (_("Organisation number"), settings.OPERATOR_NUMBER),
        (_("Address"), settings.OPERATOR_ADDRESS),
        (_("Contact for privacy"), settings.PRIVACY_EMAIL),
        (_("Data protection officer"), settings.DATA_PROTECTION_OFFICER),
    ):
        if value:
            yield heading, value


def _gaps_of_operator() -> Iterator[str]:
    for variable in ("OPERATOR_NUMBER", "OPERATOR_ADDRESS", "PRIVACY_EMAIL"):
        if not getattr(settings, variable):
            yield _("The setting %(name)s is empty: the record must name it.") % {"name": variable}


def subprocessors_section(engaged: Sequence[Engagement]) -> Section:
    """Return who is engaged, what for, with which data and where."""
    head = (_("Company"), _("Engaged for"), _("Kind of data"), _("Processed in"), _("Safeguard"))
    rows = tuple(_row(each) for each in engaged)
    if not rows:
        return Section(_("Subprocessors"), text=(_("None is on the list."),))
    return Section(_("Subprocessors"), table=Table(head, rows))


def _row(each: Engagement) -> tuple[str, ...]:
    within = _("not needed within the EU and EEA")
    return (
        each.subprocessor.name,
        purpose_name(each.purpose),
        ", ".join(each.data),
        each.country_name,
        each.safeguard if each.outside else within,
    )


def transfers_section(engaged: Sequence[Engagement]) -> Section:
    """Return where data lies, and what leaves the EEA under which safeguard (chapter V)."""
    abroad = [each for each in engaged if each.outside]
    facts = [(each.subprocessor.name, f"{each.country_name}: {each.safeguard}") for each in abroad]
    told = _("Data goes outside the EU and EEA only as follows.")
    if not abroad:
        told = _("No data goes outside the EU and EEA.")
    return Section(_("Where data lies"), text=(told,), facts=(*_places(), *facts))


def _places() -> Iterator[Fact]:
    for heading, variable in (
        (_("Servers and databases"), "HOSTING_COUNTRY"),
        (_("Storage of audio"), "STORAGE_COUNTRY"),
        (_("Mail server"), "MAIL_COUNTRY"),
    ):
        if code := getattr(settings, variable):
            yield heading, country_name(code.upper())


def watch_section(on: date) -> Section:
    """Return what somebody of ours must see to, for support's eyes; no gaps where all is well."""
    gaps = list(_gaps_of_operator())
    gaps += [
        _("No current subprocessor is engaged for: %(purpose)s.") % {"purpose": purpose_name(each)}
        for each in uncovered(on)
    ]
    gaps += [_("%(name)s has signed no agreement.") % {"name": each} for each in unbound(on)]
    gaps += [_("The agreement with %(name)s is due for review.") % {"name": n} for n in
             unreviewed(on)]  # fmt: skip
    gaps += [
        _("%(name)s processes data in %(place)s, which the settings do not allow.")
        % {"name": each.subprocessor.name, "place": each.country_name}
        for each in Engagement.objects.current(on)
        if each.country not in allowed() and not each.safeguard
    ]
    if count := unanswered().count():
        waits = ngettext(
            "%(number)s objection to a change among the subprocessors waits for an answer.",
            "%(number)s objections to a change among the subprocessors wait for an answer.",
            count,
        )
        gaps.append(waits % {"number": grouped(count)})
    well = () if gaps else (_("Every purpose is covered, every agreement signed and reviewed."),)
    return Section(_("To see to"), text=well, gaps=tuple(gaps))
