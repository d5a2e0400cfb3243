"""The terms for everybody, and what a customer has accepted."""

from uuid import UUID

from django.contrib import messages as flash
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from customers.access import administers, member_page
from customers.models import Member
from privacy.models import Terms
from privacy.terms.papers import paper_of
from privacy.terms.standing import acceptances_of, standings, to_accept
from privacy.terms.steps import accept, day_of
from privacy.views.documents import answer_with, written_once
from smartsvar.clock import database_now


@require_safe
def terms(request: HttpRequest) -> HttpResponse:
    """The versions in force, coming and earlier, of each kind."""
    context = {"standings": standings(day_of(database_now()))}
    return render(request, "privacy/terms.html", context)


@require_safe
def terms_version(request: HttpRequest, terms_id: UUID) -> HttpResponse:
    """One published version; a draft is not there."""
    found, on = _published(terms_id), day_of(database_now())
    standing = next(each for each in standings(on) if each.kind == found.kind)
    context = {"terms": found, "standing": standing, "coming": found.coming(on)}
    page = "privacy/terms_version.html"
    return answer_with(request, paper_of(found), page, write=written_once, **context)


@require_safe
@member_page(restricted=True)
def accepted(request: HttpRequest, member: Member) -> HttpResponse:
    """What the customer has accepted, and what waits for it."""
    context = {
        "member": member,
        "waiting": list(to_accept(member.customer)),
        "acceptances": acceptances_of(member.customer),
    }
    return render(request, "privacy/terms_accepted.html", context)


@require_POST
@member_page(may=administers, restricted=True)
def terms_accept(request: HttpRequest, member: Member, terms_id: UUID) -> HttpResponse:
    found = _published(terms_id)
    accept(found, by=member, at=database_now())
    flash.success(request, _("It is noted that you have accepted the terms."))
    return redirect("privacy:accepted", member.customer.number)


def _published(terms_id: UUID) -> Terms:
    """Raises Http404, also for a draft."""
    found: Terms | None = Terms.objects.published().filter(id=terms_id).first()
    if found is None:
        raise Http404
    return found
