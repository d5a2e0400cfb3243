"""Restrictions and holds for whoever decides about them: in words, with whom they are about."""

from dataclasses import dataclass
from typing import Any

from django.contrib import messages as flash
from django.db.models import F
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.models import Customer, Member, StaffMember, Target
from customers.models.cover import Cover
from smartsvar import callers
from smartsvar.counts import grouped
from smartsvar.paging import openable

MOST = 500  # shown at a time, newest first


@dataclass(frozen=True)
class Line:
    """One restriction or hold, and whom or what it is about in words."""

    cover: Any
    about: str


def listed(customer: Customer, kind: type[Cover]) -> list[Line]:
    """Return the customer's restrictions or holds, those in force first; two queries for names.

    Here alone a restricted person is named: whoever lifts a restriction must see whose it is.
    """
    rows = kind.objects.filter(customer=customer).timely()
    rows = rows.order_by(F("ended_at").desc(nulls_first=True), "-placed_at")
    covers = openable(list(rows[:MOST]))
    covers.sort(key=lambda each: each.ended_at is not None)
    names = _names(customer, covers)
    return [Line(each, _about(each, names)) for each in covers]


def warn_of_what_goes(request: HttpRequest, cover: Cover) -> None:
    """Say, to whoever placed it, how much about the caller was being deleted already."""
    if cover.too_late:
        told = ngettext(
            "%(count)s record about the caller is being deleted already: it came too late for it.",
            "%(count)s records about the caller are being deleted already: it came too late for"
            " them.",
            cover.too_late,
        )
        flash.warning(request, told % {"count": grouped(cover.too_late)})


def _names(customer: Customer, covers: list[Any]) -> dict[Any, str]:
    names: dict[Any, str] = {}
    kinds: list[tuple[Target, Any]] = [(Target.STAFF, StaffMember), (Target.MEMBER, Member)]
    for target, model in kinds:
        ids = [each.object_id for each in covers if each.target == target]
        if ids:
            people = model.objects.filter(customer=customer, id__in=ids).timely()
            names |= {person.id: person.name for person in openable(list(people))}
    return names


def _about(cover: Any, names: dict[Any, str]) -> str:
    if cover.target == Target.CALLER:
        return callers.display(cover.caller)
    if cover.target in {Target.STAFF, Target.MEMBER}:
        return names.get(cover.object_id) or _("a person who is gone")
    return str(cover.get_target_display())
