"""Signing in by a broker's identity, and connecting it. Without a broker in settings: 404."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

import structlog
from allauth.account.decorators import reauthentication_required
from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from allauth.account.utils import get_next_redirect_url
from allauth.core.ratelimit import consume_or_429
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import complete_social_login
from allauth.socialaccount.internal import statekit
from django.conf import settings
from django.contrib import messages as flash
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_safe

from customers.actions.identities import (
    AlreadyConnected,
    ConnectedElsewhere,
    LastWayIn,
    connect_identity,
    disconnect_identity,
    identity_of,
)
from customers.actions.members import NotAllowed
from customers.broker import pages
from customers.broker.asking import BrokerAway, BrokerRefused
from customers.broker.conversation import is_open, new_question, way_there, who_came
from customers.broker.names import NAME
from customers.history import note
from customers.models import SignInEvent, User
from smartsvar.clock import database_now

log = structlog.get_logger(__name__)
View = Callable[..., HttpResponse]


def _door(view: View) -> View:
    """Open where there is a broker; what it does not answer, or answers wrongly, gets a page."""

    @wraps(view)
    def guarded(request: HttpRequest, **named: str) -> HttpResponse:
        if not is_open():
            raise Http404
        try:
            return view(request, **named)
        except (BrokerAway, BrokerRefused) as error:
            log.warning("broker", error=type(error).__name__, state=str(error))
            away = isinstance(error, BrokerAway)
            return pages.turned_away(pages.AWAY if away else pages.REFUSED)

    return guarded


def _shown_again(view: View) -> View:
    """Ask who it is once more, unless that was shown in the last minutes."""
    return cast(View, reauthentication_required(view))


def _too_many(request: HttpRequest, action: str) -> HttpResponse | None:
    """Count per address, as sign-ins are: each asks the broker, and waits for it."""
    limited = consume_or_429(request, action=action, limit_get=True)
    return cast(HttpResponse | None, limited)


def _leave(request: HttpRequest, **state: Any) -> HttpResponse:
    """Send the browser to the broker, from a page.

    Not by a redirect: Chromium holds the whole chain that follows a form to the policy's
    `form-action`, and that names no host but ours.
    """
    question = new_question()
    kept = state | {"verifier": question.verifier, "nonce": question.nonce}
    name = statekit.stash_state(request, provider_id=NAME, state=kept)
    context = {"there": way_there(question, name), "broker": settings.OIDC_NAME}
    return render(request, "customers/broker/leaving.html", context)


@_door
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Begin; `next` is kept only where it leads to this site. Who reads it again begins again."""
    if request.method != "POST" or request.user.is_authenticated:
        return redirect("account_login")
    if limited := _too_many(request, "broker"):
        return limited
    return _leave(request, process="login", next=get_next_redirect_url(request))


@_door
@require_safe
def refused(request: HttpRequest, why: str) -> HttpResponse:
    """Say why the door did not open."""
    return pages.page_of(request, why)


@_door
@require_GET
def answer(request: HttpRequest) -> HttpResponse:
    """Take the broker's answer: once, in the browser that asked, within ten minutes."""
    if limited := _too_many(request, "broker_answer"):
        return limited
    name = request.GET.get("state", "")
    state = statekit.unstash_state(request, provider_id=NAME, state_id=name)
    if state is None:
        return pages.turned_away(pages.STALE)
    if "error" in request.GET or not request.GET.get("code"):
        return pages.turned_away(pages.BROKEN_OFF)
    subject = who_came(request.GET["code"], verifier=state["verifier"], nonce=state["nonce"])
    if state["process"] == "connect":
        return _connected(request, subject, state["person"])
    login = (
        get_adapter()
        .get_provider(request, NAME)
        .sociallogin_from_response(request, {"sub": subject})
    )
    login.state = {"process": "login", "next": state["next"]}
    return cast(HttpResponse, complete_social_login(request, login))


@_door
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@_shown_again
def connect(request: HttpRequest) -> HttpResponse:
    """Say what connecting does, then send the browser to the broker."""
    person = cast(User, request.user)
    if person.is_staff or identity_of(person) is not None:
        return redirect("customers:account")
    if request.method == "POST":
        if limited := _too_many(request, "broker"):
            return limited
        return _leave(request, process="connect", person=str(person.pk))
    return render(request, "customers/broker/connect.html", {"broker": settings.OIDC_NAME})


def _connected(request: HttpRequest, subject: str, asked_by: str) -> HttpResponse:
    """Connect whoever came back to the person who asked, if that still is the one signed in."""
    if str(request.user.pk) != asked_by:
        return pages.turned_away(pages.STALE)
    if not did_recently_reauthenticate(request):
        return redirect("customers:broker_connect")
    person, broker = cast(User, request.user), {"broker": settings.OIDC_NAME}
    try:
        connect_identity(person, subject)
    except ConnectedElsewhere:
        flash.error(request, _("That identity opens another sign-in here already."))
    except (AlreadyConnected, NotAllowed):
        flash.error(request, _("Another identity is connected. Disconnect it first."))
    else:
        note(person, SignInEvent.Kind.IDENTITY_ADDED, request, at=database_now())
        flash.success(request, _("You can now sign in with %(broker)s.") % broker)
    return redirect("customers:account")


@_door
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
@_shown_again
def disconnect(request: HttpRequest) -> HttpResponse:
    """Ask, then end signing in by the broker; not where nothing else would remain."""
    person, broker = cast(User, request.user), {"broker": settings.OIDC_NAME}
    if identity_of(person) is None:
        raise Http404
    if request.method != "POST":
        return render(request, "customers/broker/disconnect.html", broker)
    try:
        disconnect_identity(person)
    except LastWayIn:
        flash.error(request, _("Choose a password or add a passkey first: you could not sign in."))
        return redirect("customers:account")
    note(person, SignInEvent.Kind.IDENTITY_REMOVED, request, at=database_now())
    flash.success(request, _("%(broker)s does not sign you in any more.") % broker)
    return redirect("customers:account")
