"""The first page: what came since last time, what waits, who is away, what is deleted soon."""

from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import localtime
from django.views.decorators.http import require_safe

from customers.access import member_page
from customers.actions.presence import back_at
from customers.history import LAST_TIME
from customers.models import Absence, Member
from messages.models import Delivery, PhoneMessage
from messages.views import shown_to
from recordings.models import Recording
from smartsvar.paging import Page, openable, page_of
from smartsvar.portal.figures import counted

SHOWN = 6
AWAY = 30  # people named; the calendar has all
A_DAY = 4  # absences that a person has within a day, of most


@require_safe
@member_page()
def overview(request: HttpRequest, member: Member) -> HttpResponse:
    at, since = member.asked_at, _last_time(request)
    news, figures = counted(member, since, at)
    calls = Recording.objects.visible_to(member).select_related("staff")
    away = _away_today(member, at)
    context = {
        "member": member,
        "at": at,
        "calls": page_of(calls, moment="started_at", size=SHOWN),
        "inbox": _newest_messages(member),
        "news": news,
        "since": since,
        "away": away[:AWAY],
        "more_away": len(away) > AWAY,
        "figures": figures,
    }
    return render(request, "portal/overview.html", context)


def _last_time(request: HttpRequest) -> datetime | None:
    """Return when this person had signed in before; None for the first time."""
    said = request.session.get(LAST_TIME, "")
    return datetime.fromisoformat(said) if said else None


def _newest_messages(member: Member) -> Page[PhoneMessage]:
    """Messages that could not be delivered come first until somebody has handled them."""
    mine = PhoneMessage.objects.visible_to(member)
    urgent = mine.filter(handled_at=None).undelivered(member.customer).newest_first()
    # Each cut to its newest by itself, so that neither asks the database for all the rest.
    either = [PhoneMessage.objects.filter(id__in=rows.values("id")[:SHOWN]).values("id")
              for rows in (urgent, mine.newest_first())]  # fmt: skip
    found = shown_to(member).filter(id__in=either[0].union(either[1])).newest_first()
    shown = sorted(found, key=lambda each: not _is_urgent(each))[:SHOWN]
    opened = openable(shown)
    return Page(opened, older="", newer="", left_out=len(shown) - len(opened))


def _is_urgent(message: PhoneMessage) -> bool:
    return message.handled_at is None and message.delivery_state in Delivery.TROUBLE


def _away_today(member: Member, at: datetime) -> list[dict[str, Any]]:
    """Return who is away now or later today, each once; who is back takes no place.

    now: whether the person is away at `at`, and back_at until when, None without an end; else
    `starts_at` says from when. At most AWAY and one more, which says that there are others.
    """
    midnight = localtime(at).replace(hour=0, minute=0, second=0, microsecond=0)
    tomorrow = midnight + timedelta(days=1)
    rows = Absence.objects.of(member.customer).overlapping(at, None)  # it may go on tomorrow
    rows = rows.select_related("staff").order_by("starts_at", "id")
    theirs: dict[Any, list[Absence]] = {}
    for absence in rows[: 2 * AWAY * A_DAY]:
        theirs.setdefault(absence.staff_id, []).append(absence)
    today = [absences for absences in theirs.values() if absences[0].starts_at < tomorrow]
    chosen = today[: AWAY + 1]
    readable = {each.pk for each in openable([absences[0] for absences in chosen])}
    return [
        {
            "person": absences[0].staff, "now": absences[0].starts_at <= at,
            "starts_at": absences[0].starts_at, "back_at": back_at(absences, at),
        }
        for absences in chosen
        if absences[0].pk in readable
    ]  # fmt: skip
