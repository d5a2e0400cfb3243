"""My account: how one signs in, where one is signed in, and what has happened."""

from typing import Any, cast

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import messages as flash
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers.access import memberships_of
from customers.actions.identities import identity_of
from customers.actions.people import choose_language, rename
from customers.actions.sessions import end_other_sessions, end_session, sessions_of
from customers.browsers import Browser
from customers.forms.account import LanguageForm, NameForm
from customers.history import address_in, note
from customers.models import SignInEvent, User
from smartsvar.clock import database_now
from smartsvar.paging import openable, page_of

LATEST = 5
LINES = 50
Type = Authenticator.Type


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def account(request: HttpRequest) -> HttpResponse:
    """Everything about one's own sign-in; a post chooses the language of mail."""
    person = cast(User, request.user)
    form = LanguageForm(request.POST or None, person=person)
    if request.method == "POST" and form.is_valid():
        choose_language(person, form.cleaned_data["language"])
        flash.success(request, _("The language is saved."))
        return redirect("customers:account")
    context = {
        "form": form,
        "names": _names(person),
        "sessions": sessions_of(person, request.session, at=database_now()),
        "events": _told(_history(person)[:LATEST]),
        "new_address": EmailAddress.objects.filter(user=person, primary=False).first(),
        "identity": identity_of(person),
        **_factors(person),
    }
    return render(request, "customers/account/account.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def name(request: HttpRequest) -> HttpResponse:
    """Correct one's own name, in every company where one is a member."""
    person = cast(User, request.user)
    names = _names(person)
    if not names:  # support's people have none here
        return redirect("customers:account")
    form = NameForm(request.POST or None, name=names[0])
    if request.method == "POST" and form.is_valid():
        rename(person, form.cleaned_data["name"], at=database_now())
        flash.success(request, _("Your name is saved."))
        return redirect("customers:account")
    context = {"form": form, "several": memberships_of(person).count() > 1}
    return render(request, "customers/account/name.html", context)


def _names(person: User) -> list[str]:
    """Return what the person is called, by the newest membership first; each name once."""
    found = openable(list(memberships_of(person).order_by("-joined_at", "-id")))
    return list(dict.fromkeys(each.name for each in found))


def _factors(person: User) -> dict[str, Any]:
    found = list(Authenticator.objects.filter(user=person).order_by("created_at"))
    kinds = {each.type: each for each in found}
    codes = kinds.get(Type.RECOVERY_CODES)
    return {
        "passkeys": [each for each in found if each.type == Type.WEBAUTHN],
        "totp": kinds.get(Type.TOTP),
        "codes_left": len(codes.wrap().get_unused_codes()) if codes else None,
    }


def _history(person: User) -> Any:
    return SignInEvent.objects.filter(user=person).newest_first()


def _told(events: Any) -> list[tuple[SignInEvent, Browser, str]]:
    return [(each, Browser(each.browser, each.system), address_in(each)) for each in events]


@require_safe
@login_required
def history(request: HttpRequest) -> HttpResponse:
    """What has happened to one's sign-in, as long as it is kept."""
    older, newer = request.GET.get("older", ""), request.GET.get("newer", "")
    rows = SignInEvent.objects.filter(user=cast(User, request.user))
    page = page_of(rows, moment="at", older=older, newer=newer, size=LINES)
    context = {"page": page, "events": _told(page.rows)}
    return render(request, "customers/account/history.html", context)


@require_POST
@login_required
def session_end(request: HttpRequest, name: str) -> HttpResponse:
    """Sign out one browser of one's own; at its next request it is a stranger's."""
    person = cast(User, request.user)
    if not end_session(person, name):
        raise Http404
    note(person, SignInEvent.Kind.ENDED, request, at=database_now())
    flash.success(request, _("That browser is signed out."))
    return redirect("customers:account")


@require_POST
@login_required
def sessions_end(request: HttpRequest) -> HttpResponse:
    """Sign out everywhere: every other browser, then, if asked for, this one too."""
    person = cast(User, request.user)
    gone = end_other_sessions(person, request.session)
    if gone:
        note(person, SignInEvent.Kind.ENDED, request, at=database_now())
    if "here" in request.POST:
        logout(request)
        return redirect("account_login")
    flash.success(request, _("All other browsers are signed out."))
    return redirect("customers:account")
