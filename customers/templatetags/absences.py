"""How absences are written for people."""

from datetime import datetime, timedelta

from django import template
from django.utils import formats
from django.utils.translation import gettext as _

from customers.models import Absence, Kind, Member
from smartsvar.clock import STOCKHOLM

register = template.Library()
DAY, TIME = "j F Y", "j F Y H:i"


@register.filter
def reason(absence: Absence, member: Member) -> str:
    """The kind in words; to whoever only reads, sickness is being away (GDPR 5.1 c)."""
    hidden = absence.kind == Kind.SICK and not member.may_change
    return str(Kind.OTHER.label) if hidden else absence.label


@register.filter
def period(absence: Absence) -> str:
    """2 March – 4 March, whole days; with the times where it does not begin or end at midnight."""
    start = absence.starts_at.astimezone(STOCKHOLM)
    if absence.ends_at is None:
        return _("from %(start)s until further notice") % {
            "start": _moment(start, DAY if _whole(start) else TIME)
        }
    end = absence.ends_at.astimezone(STOCKHOLM)
    if _whole(start) and _whole(end):
        last = end - timedelta(days=1)
        one = _moment(start, DAY)
        return one if last.date() <= start.date() else f"{one} – {_moment(last, DAY)}"
    if start.date() == end.date():
        return f"{_moment(start, TIME)}–{end:%H:%M}"
    return f"{_moment(start, TIME)} – {_moment(end, TIME)}"


@register.filter
def until(moment: datetime | None) -> str:
    """Until when somebody is away: "through 4 December", "until 4 December 13:00"; "" without."""
    if moment is None:
        return ""
    local = moment.astimezone(STOCKHOLM)
    if _whole(local):
        return _("through %(day)s") % {"day": _moment(local - timedelta(days=1), "j F")}
    return _("until %(when)s") % {"when": _moment(local, "j F H:i")}


def _whole(moment: datetime) -> bool:
    return (moment.hour, moment.minute) == (0, 0)


def _moment(moment: datetime, form: str) -> str:
    return str(formats.date_format(moment, form))
