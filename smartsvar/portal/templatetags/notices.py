"""What Mina Sidor says by itself above a customer's first page: one list, to be added to."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from django import template
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from customers.models import Member
from privacy.waiting import waiting_for
from recordings.templatetags.listening import live_grants
from smartsvar.bulletins.models import Bulletin

register = template.Library()


@dataclass(frozen=True)
class Notice:
    """tone: "", "warn" or "bad", as templates/parts/notice.html has it."""

    text: str
    href: str
    link: str
    tone: str = ""


Source = Callable[[Member, datetime], Iterator[Notice]]


def bulletins(member: Member, at: datetime) -> Iterator[Notice]:
    """Yield disturbances, and maintenance under way or soon."""
    for each in Bulletin.objects.pressing(at):
        moment = date_format(localtime(each.starts_at), "j F Y H:i")
        text = f"{each.title} ({each.get_kind_display()}, {moment})"
        tone = "bad" if each.kind == Bulletin.Kind.DISTURBANCE else "warn"
        yield Notice(text, reverse("portal:status"), _("More about it"), tone)


def listening(member: Member, at: datetime) -> Iterator[Notice]:
    """Yield that support may listen just now, to whoever can end it."""
    if grants := live_grants(member):
        until = date_format(localtime(max(each.ends_at for each in grants)), "j F Y H:i")
        text = _("Support may listen to calls of yours until %(until)s.") % {"until": until}
        page = reverse("portal:grants", args=[member.customer.number])
        yield Notice(text, page, _("Look at it or revoke it"))


def papers(member: Member, at: datetime) -> Iterator[Notice]:
    """Yield what waits to be signed, accepted or objected to, to whoever does that."""
    if not member.is_administrator:
        return
    number, waiting = member.customer.number, waiting_for(member.customer, at)
    texts = {
        "first": _("The data processing agreement is not signed yet."),
        "new": _("There is a new version of the data processing agreement to sign."),
    }
    if waiting.agreement:
        page = reverse("privacy:agreement", args=[number])
        yield Notice(texts[waiting.agreement], page, _("Read it and sign"))
    if waiting.terms:
        text = _("There are terms that the company has not accepted. Nothing stops meanwhile.")
        yield Notice(text, reverse("privacy:accepted", args=[number]), _("Read and accept"))
    if waiting.object_until:
        day = date_format(waiting.object_until, "j F Y")
        text = _("A subprocessor changes. You can object until %(day)s.") % {"day": day}
        yield Notice(text, reverse("subprocessors:notices", args=[number]), _("Read about it"))


SOURCES: list[Source] = [bulletins, listening, papers]  # the most pressing first


@register.simple_tag
def notices_for(member: Member, at: datetime) -> list[Notice]:
    """Return the notices for this member at `at`, a fixed number of queries."""
    return [notice for source in SOURCES for notice in source(member, at)]
