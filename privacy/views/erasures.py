"""Erasures on Mina Sidor: see what would go, confirm by typing, follow, take back."""

from uuid import UUID

from django.contrib import messages as flash
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers.access import administers, member_page
from customers.actions.covers import About
from customers.actions.looks import Listed, note_listed, note_sought
from customers.actions.members import LastAdministrator
from customers.models import Member, Target
from privacy.cases.visible import Unanswered, unanswered
from privacy.erasures.mentions import newest_mentions
from privacy.erasures.naming import shown_name
from privacy.erasures.preview import preview
from privacy.erasures.scope import find_single
from privacy.erasures.steps import AlreadyAsked, TooLate, ask_erasure, cancel
from privacy.forms.erasures import CallerForm, ConfirmForm
from privacy.models import Erasure
from smartsvar.clock import database_now
from smartsvar.paging import page_of


@require_safe
@member_page(may=administers, restricted=True)
def erasures(request: HttpRequest, member: Member) -> HttpResponse:
    rows = Erasure.objects.filter(customer_id=member.customer.id).timely()
    older, newer = request.GET.get("older", ""), request.GET.get("newer", "")
    page = page_of(rows, moment="asked_at", older=older, newer=newer)
    return render(request, "privacy/erasures.html", {"member": member, "page": page})


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(may=administers, restricted=True)
def erase_account(request: HttpRequest, member: Member) -> HttpResponse:
    return _erase(request, member, About(target=Target.CUSTOMER))


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(may=administers, restricted=True)
def erase_caller(request: HttpRequest, member: Member) -> HttpResponse:
    """First the number, in the body; then what would go, and the confirmation."""
    form = CallerForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return render(request, "privacy/erase_caller.html", {"member": member, "form": form})
    caller = form.cleaned_data["caller"]
    return _erase(request, member, About(target=Target.CALLER, caller=caller))


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(may=administers, restricted=True)
def erase_one(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    """A person on the staff register, a member, or a single record."""
    about = find_single(member.customer, identity, by=member)
    if about is None:
        raise Http404
    return _erase(request, member, about)


def _erase(request: HttpRequest, member: Member, about: About) -> HttpResponse:
    """Show what goes and what stays; begin once it is confirmed."""
    found = preview(member.customer.id, about)
    name = shown_name(member.customer, about)
    asks = "confirm" in request.POST and not found.empty  # of nothing there is nothing to confirm
    answers = request.POST if asks else None
    form = ConfirmForm(answers, target=about.target, shown=name, found=found)
    if form.is_valid() and not found.empty:
        try:
            erasure = ask_erasure(
                member.customer, about, by=member, at=database_now(), **form.choices()
            )
        except AlreadyAsked:
            form.add_error(None, _("This erasure has been asked for already."))
        except LastAdministrator:
            form.add_error(None, _("There must be an administrator: close the account instead."))
        else:
            flash.success(request, _("The erasure is taken in."))
            return redirect("privacy:erasure", member.customer.number, erasure.id)
    _note_look(member, about)
    named = newest_mentions(member.customer, about) if found.asks else []
    context = {
        "member": member, "about": about, "found": found, "name": name, "form": form,
        "named": named, "unlisted": sum(line.count for line in found.mentioned) - len(named),
        "unanswered": _unanswered(member, about.target),
    }  # fmt: skip
    return render(request, "privacy/erase.html", context)


def _note_look(member: Member, about: About) -> None:
    """Leave a trace of what the page tells: what there is about a caller, a person's name."""
    if about.target == Target.CALLER:
        note_sought(member.customer, by=member, at=member.asked_at)
    elif about.target == Target.STAFF:
        note_listed(Listed.REGISTER, member.customer, by=member, at=member.asked_at)


def _unanswered(member: Member, target: str) -> Unanswered | None:
    """Return the requests that would go unanswered: what an administrator must know before."""
    return unanswered(member.customer.id) if target == Target.CUSTOMER else None


def _fetched(member: Member, identity: UUID) -> Erasure:
    """Return the customer's erasure. Raises Http404, also for another tenant's."""
    rows = Erasure.objects.filter(customer_id=member.customer.id, id=identity).timely()
    found: Erasure | None = rows.first()
    if found is None:
        raise Http404
    return found


@require_safe
@member_page(may=administers, restricted=True)
def erasure(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    found = _fetched(member, identity)
    context = {
        "member": member, "erasure": found, "fact": found.certificate.get("fact"),
        "unanswered": _unanswered(member, found.target),
    }  # fmt: skip
    return render(request, "privacy/erasure.html", context)


@require_POST
@member_page(may=administers, restricted=True)
def erasure_cancel(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    try:
        cancel(_fetched(member, identity), by=member, at=database_now())
        flash.success(request, _("The erasure is taken back. Nothing has been erased."))
    except TooLate:
        flash.error(request, _("It is too late: the erasure has begun or has ended."))
    return redirect("privacy:erasure", member.customer.number, identity)


@require_safe
@member_page(may=administers, restricted=True)
def erasure_certificate(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    found = _fetched(member, identity)
    if not found.certificate:
        raise Http404
    response = JsonResponse(found.certificate, json_dumps_params={"indent": 2})
    name = f"{pgettext('file name', 'certificate')}-{found.id}.json"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
