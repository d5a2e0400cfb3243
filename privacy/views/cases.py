"""A member's requests: what is asked, how long it may take, the answer."""

from uuid import UUID

from django.contrib import messages as flash
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from customers.access import member_page
from customers.models import Member
from privacy.cases.clock import days_left
from privacy.cases.letter import letter_of
from privacy.cases.steps import NotOpen, day_of, open_case, withdraw
from privacy.cases.visible import CHIPS, about_in_words, cases_of, fetch_case, may_withdraw
from privacy.forms.cases import CaseForm
from privacy.models import Case, CaseKind, CaseState
from smartsvar.clock import database_now
from smartsvar.paging import page_of

URGENT = 100  # open requests that the list shows


@require_safe
@member_page(restricted=True)
def cases(request: HttpRequest, member: Member) -> HttpResponse:
    """Open requests, the most urgent first, and page by page those that are closed."""
    today, seen = day_of(database_now()), cases_of(member)
    waiting = seen.filter(closed_at=None).defer("sealed").order_by("answer_by", "number")
    older, newer = request.GET.get("older", ""), request.GET.get("newer", "")
    page = page_of(seen.exclude(closed_at=None), moment="closed_at", older=older, newer=newer)
    context = {
        "member": member,
        "waiting": [(case, days_left(case.answer_by, today)) for case in waiting[:URGENT]],
        "urgent": URGENT if waiting.count() > URGENT else None,
        "page": page,
        "chips": CHIPS,
    }
    return render(request, "privacy/cases.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(restricted=True)
def case_add(request: HttpRequest, member: Member) -> HttpResponse:
    form = CaseForm(request.POST or None, member=member, kind=request.GET.get("kind", ""))
    if request.method == "POST" and form.is_valid():
        answers = form.cleaned_data
        opened = open_case(
            member.customer, CaseKind(answers["kind"]), form.about(), by=member,
            at=database_now(), requester=answers.get("requester") or member.name,
            contact=member.user.email, wish=answers["wish"],
        )  # fmt: skip
        flash.success(request, _("Your request has number %(number)d.") % {"number": opened.number})
        return redirect("privacy:case", member.customer.number, opened.id)
    return render(request, "privacy/case_form.html", {"member": member, "form": form})


@require_safe
@member_page(restricted=True)
def case(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    found = fetch_case(member, identity)
    context = {
        "member": member,
        "case": found,
        "about": about_in_words(found),
        "left": days_left(found.answer_by, day_of(database_now())),
        "chip": CHIPS.get(CaseState(found.state), ""),
        "letter": letter_of(found) if _answered(found) else None,
        "may_withdraw": may_withdraw(found, member),
    }
    return render(request, "privacy/case.html", context)


@require_safe
@member_page(restricted=True)
def case_letter(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    """The answer alone, to be printed."""
    with _language(request):
        letter = letter_of(_fetch_answered(member, identity))
        return render(request, "privacy/case_letter.html", {"member": member, "letter": letter})


@require_safe
@member_page(restricted=True)
def case_file(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    """The answer as a file that needs nothing else to be read."""
    with _language(request):
        letter = letter_of(_fetch_answered(member, identity))
        response = HttpResponse(render_to_string("privacy/case_file.html", {"letter": letter}))
    name = f"smartsvar-{letter.number}.html"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(restricted=True)
def case_withdraw(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    found = fetch_case(member, identity)
    if not may_withdraw(found, member):
        raise Http404
    if request.method != "POST":
        return render(request, "privacy/case_withdraw.html", {"member": member, "case": found})
    try:
        withdraw(found, by=member, at=database_now())
    except NotOpen:
        flash.error(request, _("The request has been answered meanwhile."))
    else:
        flash.success(request, _("The request is taken back."))
    return redirect("privacy:case", member.customer.number, found.id)


def _fetch_answered(member: Member, identity: UUID) -> Case:
    found = fetch_case(member, identity)
    if not _answered(found):
        raise Http404
    return found


def _answered(found: Case) -> bool:
    return found.state in {CaseState.GRANTED, CaseState.REFUSED}


def _language(request: HttpRequest) -> translation.override:
    """The letter's language: the one asked for in the address, else the reader's."""
    asked = request.GET.get("sprak", "")
    known = asked if asked in {"sv", "en"} else translation.get_language()
    return translation.override(known)
