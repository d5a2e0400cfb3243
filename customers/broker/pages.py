"""What people read when the door does not open. Nothing of what the broker said is repeated.

At addresses of their own: the broker's answer, with its code, stays in no page and no history.
"""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render

NOT_CONNECTED = "inte-kopplad"  # whoever it was: the words tell nobody who has a sign-in here
STALE = "inget-att-svara-pa"  # this browser did not ask, asked too long ago, or twice
BROKEN_OFF = "avbrutet"  # by the person, or the broker
REFUSED = "inte-verifierat"  # what the broker said does not hold
AWAY = "svarar-inte"  # passwords and passkeys work as ever
STATUSES = {NOT_CONNECTED: 403, STALE: 400, BROKEN_OFF: 200, REFUSED: 400, AWAY: 503}
RETRY_SECONDS = 60


def turned_away(why: str) -> HttpResponse:
    """Send the browser to the page that says why."""
    return redirect("customers:broker_refused", why)


def page_of(request: HttpRequest, why: str) -> HttpResponse:
    """Return the page that says why. Raises Http404 for no reason of ours."""
    if why not in STATUSES:
        raise Http404
    context = {"why": why, "broker": settings.OIDC_NAME}
    page = render(request, "customers/broker/refused.html", context, status=STATUSES[why])
    if why == AWAY:
        page["Retry-After"] = str(RETRY_SECONDS)
    return page
