"""The first page: what came since last time, what waits, who is away, what is deleted soon."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, prefetch_related_objects
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import localtime
from django.views.decorators.http import require_safe

from customers.access import member_page
from customers.history import LAST_TIME
from customers.models import Absence, Member
from messages.models import PhoneMessage
from recordings.models import Recording
from smartsvar.clock import database_now
from smartsvar.paging import Page, openable, page_of
from smartsvar.portal.figures import figures_for

SHOWN = 6
AWAY = 30  # people named; the calendar has all


@require_safe
@member_page()
def overview(request: HttpRequest, member: Member) -> HttpResponse:
    at, since = database_now(), _last_time(request)
    calls = Recording.objects.visible_to(member).select_related("staff")
    context = {
        "member": member,
        "at": at,
        "calls": page_of(calls, moment="started_at", size=SHOWN),
        "inbox": _newest_messages(member),
        "news": _news(member, since),
        "since": since,
        "away": _away_today(member, at),
        "figures": figures_for(member, at),
    }
    return render(request, "portal/overview.html", context)


def _last_time(request: HttpRequest) -> datetime | None:
    """Return when this person had signed in before; None for the first time."""
    said = request.session.get(LAST_TIME, "")
    return datetime.fromisoformat(said) if said else None


def _news(member: Member, since: datetime | None) -> dict[str, int]:
    """Return how much is unread, and how much has come since; two queries."""
    new = Q(pk__in=[]) if since is None else Q(taken_at__gt=since)
    letters = PhoneMessage.objects.visible_to(member).aggregate(
        unread=Count("pk", filter=Q(read_at=None)), letters=Count("pk", filter=new)
    )
    calls = Recording.objects.visible_to(member)
    return {**letters, "calls": calls.filter(started_at__gt=since).count() if since else 0}


def _newest_messages(member: Member) -> Page[PhoneMessage]:
    """Unread messages that could not be delivered come first: only here will they be seen."""
    rows = PhoneMessage.objects.visible_to(member).select_related("staff", "assigned_to")
    urgent = rows.unread().undelivered(member.customer).newest_first()[:SHOWN]
    known = {each.id: each for each in [*urgent, *rows.newest_first()[:SHOWN]]}
    shown = list(known.values())[:SHOWN]
    prefetch_related_objects(shown, "deliveries")
    opened = openable(shown)
    return Page(opened, older="", newer="", left_out=len(shown) - len(opened))


def _away_today(member: Member, at: datetime) -> list[dict[str, Any]]:
    """Return who is away at some time today, with the first and last moment of it."""
    midnight = localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    rows = Absence.objects.of(member.customer).overlapping(midnight, midnight + timedelta(days=1))
    found = openable(list(rows.select_related("staff").order_by("starts_at", "id")[:AWAY]))
    return [
        {"person": each.staff, "now": each.starts_at <= at, "absence": each}
        for each in found
        if each.ends_at is None or each.ends_at > at
    ]
