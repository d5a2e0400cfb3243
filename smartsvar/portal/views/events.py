"""Calls and messages as one timeline, newest first, and the search in their text.

The filter lives in the address, so that a list can be kept as a bookmark. The text searched for
does not: an address ends up in the browser's history, in proxies' logs and in bookmarks, and what
is searched for is mostly a name. So the search is a POST whose words are in the body alone, while
the filter stays in the address it is sent to. Nothing logs a body; the trail says that somebody
searched, and not for what.
"""

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from customers.access import member_page
from customers.actions.looks import Listed, note_listed
from customers.models import Member
from messages.models import PhoneMessage
from messages.views import shown_to
from recordings.models import Recording
from smartsvar.audit.trail import record_once
from smartsvar.clock import database_now
from smartsvar.paging import Page, Source, page_of_many
from smartsvar.portal.forms import EventFilter, Kind, SearchForm
from smartsvar.portal.search import search

CURSORS = ("older", "newer")
SEARCHING = timedelta(minutes=30)  # searches within this time are one


@require_http_methods(["GET", "HEAD", "POST"])
@member_page()
def events(request: HttpRequest, member: Member) -> HttpResponse:
    form = EventFilter(request.GET, member=member)
    sources = _sources(form, member)
    asked = SearchForm(request.POST if request.method == "POST" else None)
    context: dict[str, Any] = {"member": member, "form": form, "search": asked}
    if request.method == "POST" and form.is_valid() and asked.is_valid():
        context["found"] = _search(request, member, sources, asked)
    else:
        older, newer = (request.GET.get(name, "") for name in CURSORS)
        context["page"] = _page(sources, older, newer)
        note_listed(Listed.EVENTS, member.customer, by=member, at=member.asked_at)
    return render(request, "portal/events.html", context)


def _sources(form: EventFilter, member: Member) -> list[Source]:
    """What the filter leaves of each table; nothing when it makes no sense."""
    if not form.is_valid():
        return []
    found: list[Source] = []
    if form.shows(Kind.CALLS):
        calls = Recording.objects.visible_to(member).select_related("staff")
        found.append((form.calls(calls), "started_at"))
    if form.shows(Kind.MESSAGES):
        found.append((form.apply(shown_to(member)), "taken_at"))
    return found


def _page(sources: list[Source], older: str, newer: str) -> Page[Any]:
    page = page_of_many(sources, older=older, newer=newer)
    _tell(page.rows)
    return page


def _search(request: HttpRequest, member: Member, sources: list[Source], asked: SearchForm) -> Any:
    at = database_now()
    customer = member.customer
    record_once(
        "customer.searched", customer, by=member, customer_id=customer.id, at=at, within=SEARCHING
    )
    found = search(_with_notes(sources), asked.words, older=request.POST.get("older", ""))
    _tell(found.rows)
    return found


def _with_notes(sources: list[Source]) -> list[Source]:
    """Only a search reads what members noted."""
    return [
        (rows.prefetch_related("notes") if rows.model is PhoneMessage else rows, moment)
        for rows, moment in sources
    ]


def _tell(rows: list[Any]) -> None:
    """Say of each row what it is and when it is from, for a list of both."""
    for row in rows:
        row.is_message = isinstance(row, PhoneMessage)
        row.moment = row.taken_at if row.is_message else row.started_at
