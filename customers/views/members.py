"""Who may use Mina Sidor for this customer: the administrators decide."""

from functools import partial
from typing import Any
from uuid import UUID

from allauth.core.ratelimit import consume
from django.contrib import messages as flash
from django.contrib.auth import logout
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from customers.access import (
    administers,
    fetch_decided,
    fetch_owned,
    member_page,
    memberships_of,
)
from customers.actions.invitations import (
    TooSoon,
    invitations_of,
    invite,
    send_again,
    withdraw_invitation,
)
from customers.actions.leaving import is_held, remove_member
from customers.actions.members import (
    LastAdministrator,
    change_role,
    change_sight,
    guard_last_administrator,
    hand_over,
    members_of,
    protected_among,
)
from customers.actions.ties import end_made, made_by
from customers.forms.members import InviteForm, RoleForm, SightForm
from customers.models import Invitation, Member, Role
from customers.views.ties import chosen_in
from smartsvar.clock import database_now

SHOWN = 40  # members per page: each has a form of its own


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(may=administers, restricted=True)
def members(request: HttpRequest, member: Member) -> HttpResponse:
    """Who is in. Also in a restricted account, where somebody can be removed, but not invited."""
    if request.method == "POST" and member.customer.restricted:
        return render(request, "customers/restricted.html", {"member": member}, status=403)
    form, status = InviteForm(request.POST or None, customer=member.customer), 200
    if request.method == "POST" and form.is_valid() and not _may_invite(request, member, form):
        status = 429
    elif request.method == "POST" and form.is_valid():
        invite(member.customer, **form.cleaned_data, by=member, at=database_now())
        sent = _("An invitation is on its way to %(email)s.") % {
            "email": form.cleaned_data["email"]
        }
        flash.success(request, sent)
        return redirect("customers:members", member.customer.number)
    page = Paginator(members_of(member.customer), SHOWN).get_page(request.GET.get("page", "")[:9])
    people = [(each, RoleForm(role=each.role, prefix=f"{each.id}-")) for each in page]
    context = {
        "member": member,
        "people": people,
        "page": page,
        "form": form,
        "invitations": invitations_of(member.customer),
        "protected": protected_among([each.user_id for each, _form in people]),
    }
    return render(request, "customers/members.html", context, status=status)


def _may_invite(request: HttpRequest, member: Member, form: InviteForm) -> bool:
    """Count an invitation; of too many say so in the form. Each is a mail to a stranger."""
    customer, address = str(member.customer.id), form.cleaned_data["email"]
    if not consume(request, action="invitation", key=customer):
        form.add_error(None, _("Too many invitations have been sent. Try again in an hour."))
    elif not consume(request, action="invitation_to", key=f"{customer} {address}"):
        said = _("This address has been invited several times. Try again in an hour.")
        form.add_error("email", said)
    return form.is_valid()


@require_POST
@member_page(may=administers)
def member_role(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    other = fetch_owned(Member.objects, member.customer, identity)
    form = RoleForm(request.POST)
    if form.is_valid():
        role = form.cleaned_data["role"]
        if "confirmed" not in request.POST and _gives_up(other, role, by=member):
            context = {"member": member, "role": role}
            return render(request, "customers/member_role_own.html", context)
        try:
            change_role(other, role, by=member, at=database_now())
        except LastAdministrator:
            flash.error(
                request,
                _("There must be an administrator. Make somebody else administrator first."),
            )
        else:
            said = {"name": other.name, "role": other.get_role_display()}
            flash.success(request, _("%(name)s now has the role %(role)s.") % said)
    return redirect(
        "portal:overview" if other.id == member.id else "customers:members", member.customer.number
    )


def _gives_up(other: Member, role: str, *, by: Member) -> bool:
    """Whether somebody gives up one's own right to decide, which only others can give back.

    The last administrator is not asked, but refused.
    """
    if other.id != by.id or role == Role.ADMINISTRATOR:
        return False
    try:
        guard_last_administrator(other)
    except LastAdministrator:
        return False
    return True


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(may=administers)
def member_sight(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    """Choose whose calls and messages somebody is shown."""
    other = fetch_owned(Member.objects, member.customer, identity)
    form = SightForm.of(other, request.POST or None)
    if request.method == "POST" and form.is_valid():
        change_sight(other, **form.cleaned_data, by=member, at=database_now())
        said = {"name": other.name, "sees": str(other.get_sees_display()).lower()}
        flash.success(request, _("%(name)s is shown: %(sees)s.") % said)
        return redirect("customers:members", member.customer.number)
    context = {"member": member, "other": other, "form": form}
    return render(request, "customers/member_sight.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(may=administers)
def member_hand_over(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    """Make somebody administrator in one's own place."""
    other = fetch_owned(Member.objects, member.customer, identity)
    if other.id == member.id:
        raise Http404
    if request.method != "POST":
        context = {"member": member, "other": other}
        return render(request, "customers/member_hand_over.html", context)
    hand_over(other, by=member, at=database_now())
    said = {"name": other.name}
    flash.success(request, _("%(name)s is administrator now, and you are a member.") % said)
    return redirect("portal:overview", member.customer.number)


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(may=administers, restricted=True)
def member_remove(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    """Remove somebody, and in the same step what is ticked of what that person has made."""
    other, at = fetch_decided(Member.objects.all(), member.customer, identity), database_now()
    made = made_by(other, at=at)
    if request.method != "POST":
        context = {"member": member, "other": other, "held": is_held(other), "made": made}
        return render(request, "customers/member_remove.html", context)
    said = {"name": other.name}
    try:
        ends = partial(end_made, made, chosen_in(request), by=member, at=at)
        gone = remove_member(other, by=member, at=at, along=ends)
    except LastAdministrator:
        flash.error(
            request, _("There must be an administrator. Make somebody else administrator first.")
        )
        return redirect("customers:members", member.customer.number)
    if other.id == member.id and not memberships_of(request.user).exists():
        logout(request)  # the session went with the sign-in, or opens nothing
    words = _("%(name)s has no access any more, and is removed once no hold keeps it.")
    flash.success(request, (_("%(name)s is no longer a member.") if gone else words) % said)
    if other.id == member.id:
        return redirect("portal:home")
    return redirect("customers:members", member.customer.number)


@require_POST
@member_page(may=administers, restricted=True)
def invitation_withdraw(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    invitation = fetch_decided(Invitation.objects.open(), member.customer, identity)
    withdraw_invitation(invitation, by=member, at=database_now())
    flash.success(request, _("The invitation is withdrawn."))
    return redirect("customers:members", member.customer.number)


@require_POST
@member_page(may=administers)
def invitation_send(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    """Mail an open invitation once more, with a new link."""
    rows: Any = Invitation.objects.open()
    invitation = fetch_owned(rows, member.customer, identity)
    said = {"email": invitation.email}
    try:
        send_again(invitation, by=member, at=database_now())
    except TooSoon:
        flash.warning(request, _("The invitation was sent a moment ago. Wait for some minutes."))
    else:
        words = _("A new link is on its way to %(email)s. The earlier one leads nowhere any more.")
        flash.success(request, words % said)
    return redirect("customers:members", member.customer.number)
