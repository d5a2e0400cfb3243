"""The pages for everybody: status, cookies, and what programs ask for by convention."""

import re
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from privacy.record.document import Table
from smartsvar.bulletins.models import Bulletin
from smartsvar.clock import database_now
from smartsvar.portal.cookies import necessary
from smartsvar.portal.standing import DAYS, days_of, state_of

SHOWN = 50  # past announcements
TEXT = "text/plain; charset=utf-8"
NO_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0, 2.2
VALID = timedelta(days=180)  # RFC 9116 recommends less than a year


@require_safe
def status(request: HttpRequest) -> HttpResponse:
    """How the service is now, what is planned, what has been."""
    at = database_now()
    under_way, past = list(Bulletin.objects.under_way(at)), list(Bulletin.objects.past(at)[:SHOWN])
    days = days_of(Bulletin.objects.disturbances(at - timedelta(days=DAYS), at), at)
    context: dict[str, Any] = {
        "state": state_of(under_way), "under_way": under_way, "past": past, "at": at,
        "coming": Bulletin.objects.coming(at), "days": days, "count": DAYS,
        "disturbed": [day for day in days if day.minutes],
    }  # fmt: skip
    return render(request, "portal/status.html", context)


@require_safe
def status_feed(request: HttpRequest) -> HttpResponse:
    """The announcements as Atom, in the reader's language."""
    page = settings.PUBLIC_URL + reverse("portal:status")
    feed = Atom1Feed(
        title=_("Smartsvar: status"), link=page, description="", language=get_language(),
        feed_url=settings.PUBLIC_URL + request.path,
    )  # fmt: skip
    for each in Bulletin.objects.published(database_now())[:SHOWN]:
        feed.add_item(
            title=f"{each.get_kind_display()}: {_in_xml(each.title)}",
            link=f"{page}#b{each.id.hex}", description=_in_xml(each.text),
            unique_id=each.id.urn, updateddate=each.changed_at, pubdate=each.starts_at,
        )  # fmt: skip
    return HttpResponse(feed.writeString("utf-8"), content_type=feed.content_type)


def _in_xml(text: str) -> str:
    """Leave out what no XML may hold: one such character would be the end of the whole feed."""
    return NO_XML.sub("", text)


@require_safe
def cookies(request: HttpRequest) -> HttpResponse:
    """All cookies there are; there is nothing to consent to, and so nothing that asks."""
    rows = tuple((each.name, str(each.why), str(each.when), each.kept) for each in necessary())
    table = Table((_("Name"), _("Why"), _("Set"), _("Kept")), rows)
    return render(request, "portal/cookies.html", {"table": table})


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Search engines read what is for everybody; the rest asks for sign-in anyway."""
    closed = "".join(f"Disallow: {each}\n" for each in ("/mina-sidor/", "/konto/", "/admin/"))
    return HttpResponse(f"User-agent: *\n{closed}", content_type=TEXT)


@require_safe
def security_txt(request: HttpRequest) -> HttpResponse:
    """Where to tell us of a hole (RFC 9116)."""
    form = settings.PUBLIC_URL + reverse("customers:contact")
    contact = f"mailto:{settings.SECURITY_EMAIL}" if settings.SECURITY_EMAIL else form
    expires = (database_now() + VALID).strftime("%Y-%m-%dT00:00:00Z")
    canonical = settings.PUBLIC_URL + request.path
    lines = [
        f"Contact: {contact}", f"Expires: {expires}", "Preferred-Languages: sv, en",
        f"Canonical: {canonical}",
    ]  # fmt: skip
    return HttpResponse("\n".join([*lines, ""]), content_type=TEXT)
