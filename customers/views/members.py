"""Who may use Mina Sidor for this customer: the administrators decide."""

from uuid import UUID

from django.contrib import messages as flash
from django.contrib.auth import logout
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from customers.access import administers, fetch_owned, member_page, memberships_of
from customers.actions.invitations import invitations_of, invite, withdraw_invitation
from customers.actions.leaving import is_held, remove_member
from customers.actions.members import (
    LastAdministrator,
    NotAllowed,
    change_role,
    change_sight,
    hand_over,
    members_of,
    protected_among,
)
from customers.forms.members import InviteForm, RoleForm, SightForm
from customers.models import Invitation, Member
from smartsvar.clock import database_now


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(may=administers)
def members(request: HttpRequest, member: Member) -> HttpResponse:
    form = InviteForm(request.POST or None, customer=member.customer)
    if request.method == "POST" and form.is_valid():
        invite(member.customer, **form.cleaned_data, by=member, at=database_now())
        sent = _("An invitation is on its way to %(email)s.") % {
            "email": form.cleaned_data["email"]
        }
        flash.success(request, sent)
        return redirect("customers:members", member.customer.number)
    people = [
        (each, RoleForm(role=each.role, prefix=f"{each.id}-"))
        for each in members_of(member.customer)
    ]
    context = {
        "member": member,
        "people": people,
        "form": form,
        "invitations": invitations_of(member.customer),
        "protected": protected_among([each.user_id for each, _form in people]),
    }
    return render(request, "customers/members.html", context)


@require_POST
@member_page(may=administers)
def member_role(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    other = fetch_owned(Member.objects, member.customer, identity)
    form = RoleForm(request.POST)
    if form.is_valid():
        try:
            change_role(other, form.cleaned_data["role"], by=member, at=database_now())
        except LastAdministrator:
            flash.error(
                request,
                _("There must be an administrator. Make somebody else administrator first."),
            )
        except NotAllowed:  # no administrator any more since the page was asked for
            raise PermissionDenied from None
        else:
            said = {"name": other.name, "role": other.get_role_display()}
            flash.success(request, _("%(name)s now has the role %(role)s.") % said)
    return redirect(
        "portal:overview" if other.id == member.id else "customers:members", member.customer.number
    )


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(may=administers)
def member_sight(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    """Choose whose calls and messages somebody is shown."""
    other = fetch_owned(Member.objects, member.customer, identity)
    form = SightForm.of(other, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            change_sight(other, **form.cleaned_data, by=member, at=database_now())
        except NotAllowed:
            raise PermissionDenied from None
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
    try:
        hand_over(other, by=member, at=database_now())
    except NotAllowed:
        raise PermissionDenied from None
    said = {"name": other.name}
    flash.success(request, _("%(name)s is administrator now, and you are a member.") % said)
    return redirect("portal:overview", member.customer.number)


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(may=administers)
def member_remove(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    other = fetch_owned(Member.objects, member.customer, identity)
    if request.method != "POST":
        context = {"member": member, "other": other, "held": is_held(other)}
        return render(request, "customers/member_remove.html", context)
    said = {"name": other.name}
    try:
        gone = remove_member(other, by=member, at=database_now())
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
@member_page(may=administers)
def invitation_withdraw(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    withdraw_invitation(fetch_owned(Invitation.objects, member.customer, identity), by=member)
    flash.success(request, _("The invitation is withdrawn."))
    return redirect("customers:members", member.customer.number)
