"""Following an invitation's link. Whoever holds the link reads the invited address's mail."""

from django.conf import settings
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from customers.actions.invitations import InvitationUsed, accept_invitation, find_invitation
from customers.actions.members import StillLeaving
from customers.forms.invitation import JoinForm, NewSignInForm
from customers.models import Invitation, Member, User
from smartsvar.clock import database_now


@require_http_methods(["GET", "HEAD", "POST"])
def accept(request: HttpRequest, token: str) -> HttpResponse:
    """Show who invites to what; on POST become a member."""
    invitation = find_invitation(token)
    if invitation is None:
        return _used(request)
    owner = User.objects.filter(email=invitation.email).first()
    refusal = _refusal(request, owner)
    if refusal:
        return render(
            request, f"customers/invitation_{refusal}.html", {"invitation": invitation}, status=403
        )
    if owner and not request.user.is_authenticated:
        return render(request, "customers/invitation_sign_in.html", {"invitation": invitation})
    form = (JoinForm if owner else NewSignInForm)(request.POST or None, invitation=invitation)
    if request.method != "POST" or not form.is_valid():
        return render(
            request, "customers/invitation.html", {"invitation": invitation, "form": form}
        )
    try:
        member = _join(invitation, owner, form)
    except InvitationUsed:
        return _used(request)
    except StillLeaving:
        form.add_error(None, _("Your earlier membership is being removed. Try again in a while."))
        return render(
            request, "customers/invitation.html", {"invitation": invitation, "form": form}
        )
    if owner is None:
        login(request, member.user, backend=settings.AUTHENTICATION_BACKENDS[0])
    return redirect("portal:overview", member.customer.number)


def _used(request: HttpRequest) -> HttpResponse:
    return render(request, "customers/invitation_used.html", status=410)


def _refusal(request: HttpRequest, owner: User | None) -> str:
    """Why this person cannot accept: "staff", "other", or "" when nothing is in the way."""
    user = request.user
    if (owner and owner.is_staff) or (isinstance(user, User) and user.is_staff):
        return "staff"
    return "other" if isinstance(user, User) and user != owner else ""


def _join(invitation: Invitation, owner: User | None, form: JoinForm) -> Member:
    said = form.cleaned_data
    return accept_invitation(
        invitation,
        user=owner,
        password=said.get("password", ""),
        name=said["name"],
        at=database_now(),
    )
