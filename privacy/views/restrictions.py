"""Restrictions (article 18) on Mina Sidor: impose, see what is in force, lift."""

from uuid import UUID

from django.contrib import messages as flash
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from customers.access import administers, member_page
from customers.actions.covers import About, end_cover, restrict
from customers.actions.members import LastAdministrator
from customers.models import Hold, Member, Restriction, Target
from privacy.erasures.naming import shown_name
from privacy.erasures.scope import find_single, restricts
from privacy.forms.erasures import CallerForm
from privacy.forms.restrictions import RestrictForm
from privacy.restricting import listed, warn_of_what_goes
from smartsvar.clock import database_now


@require_safe
@member_page(may=administers, restricted=True)
def restrictions(request: HttpRequest, member: Member) -> HttpResponse:
    context = {
        "member": member,
        "restrictions": listed(member.customer, Restriction),
        "holds": listed(member.customer, Hold),
    }
    return render(request, "privacy/restrictions.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(may=administers, restricted=True)
def restrict_caller(request: HttpRequest, member: Member) -> HttpResponse:
    """First the number, in the body; then the ground."""
    form = CallerForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "privacy/restrict_caller.html", {"member": member, "form": form})
    caller = form.cleaned_data["caller"]
    return _restrict(request, member, About(target=Target.CALLER, caller=caller))


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(may=administers, restricted=True)
def restrict_one(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    """A person on the staff register, a member, or a single record."""
    about = find_single(member.customer, identity, by=member)
    if about is None or not restricts(about):
        raise Http404
    return _restrict(request, member, about)


def _restrict(request: HttpRequest, member: Member, about: About) -> HttpResponse:
    form = RestrictForm(request.POST if "reason" in request.POST else None)
    if form.is_valid():
        try:
            at = database_now()
            cover = restrict(member.customer, about, **form.cleaned_data, by=member, at=at)
        except LastAdministrator:
            form.add_error(None, _("There must be an administrator who is not restricted."))
        else:
            flash.success(request, _("From now on it is only stored."))
            warn_of_what_goes(request, cover)
            return redirect("privacy:restrictions", member.customer.number)
    name = "" if about.target == Target.RECORD else shown_name(member.customer, about)
    context = {"member": member, "about": about, "name": name, "form": form}
    return render(request, "privacy/restrict.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(may=administers, restricted=True)
def restriction_lift(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    """A whole account's restriction was imposed by support, and is lifted by support."""
    mine = Restriction.objects.filter(customer=member.customer, id=identity).in_force()
    found = mine.exclude(target=Target.CUSTOMER).first()
    if found is None:
        raise Http404
    if request.method == "POST":
        end_cover(found, by=member, at=database_now())
        flash.success(request, _("The restriction is lifted."))
        return redirect("privacy:restrictions", member.customer.number)
    return render(request, "privacy/restriction_lift.html", {"member": member, "cover": found})
