"""The agreement on Mina Sidor: read, sign, fetch what was signed."""

from typing import Any
from uuid import UUID

from allauth.account.adapter import get_adapter
from django.contrib import messages as flash
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy, pgettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers.access import administers, member_page
from customers.models import Member
from privacy.agreements import steps
from privacy.agreements.proof import DIGITS, SpentCode, TooSoon, WrongCode, is_open
from privacy.agreements.text import agreement as agreed_text
from privacy.agreements.versions import standing, version_of
from privacy.forms.agreements import CodeForm, SignerForm
from privacy.models import SignedAgreement, Signing
from privacy.receipts.keys import NoKey
from privacy.views.documents import answer_with
from smartsvar.audit.trail import record
from smartsvar.clock import STOCKHOLM, database_now
from subprocessors.notices import today

UNPRINTABLE = gettext_lazy(
    "The agreement cannot be printed with all its names as they are written. Ask our support to"
    " write the company's name in Latin, Greek or Cyrillic letters."
)


@require_safe
@member_page(restricted=True)
def agreement(request: HttpRequest, member: Member) -> HttpResponse:
    """The text as it stands, and for whom it concerns what has been signed."""
    day = today(database_now())
    document = agreed_text(member.customer, day)
    context: dict[str, Any] = {"member": member, "version": version_of(document)}
    if not request.GET.get("form"):
        context["standing"] = standing(member.customer, day)
    return answer_with(request, document, "privacy/dpa.html", **context)


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(may=administers, restricted=True)
def begin(request: HttpRequest, member: Member) -> HttpResponse:
    """Say who signs; a code is mailed. Only for the version that was read, in its language."""
    read = (request.POST if request.method == "POST" else request.GET).get("version", "")
    offered = version_of(agreed_text(member.customer, today(database_now())))
    if not read:  # by an address that was typed: it is read first
        return redirect("privacy:agreement", member.customer.number)
    if read != offered:
        return _read_again(request, member)
    form = SignerForm(request.POST or None, name=member.name, version=read)
    if request.method == "POST" and form.is_valid():
        try:
            signing = _begun(form, member)
        except steps.AlreadySigned:
            flash.info(request, _("This version is signed already."))
            return redirect("privacy:agreement", member.customer.number)
        except steps.Changed:
            return _read_again(request, member)
        except steps.NotAllowed as error:
            raise PermissionDenied from error
        except steps.Unprintable:
            form.add_error(None, UNPRINTABLE)
        except TooSoon:
            form.add_error(None, _("Too many codes have been mailed. Try again in an hour."))
        else:
            return redirect("privacy:agreement_code", member.customer.number, signing.id)
    return render(request, "privacy/agreement_sign.html", {"member": member, "form": form})


def _read_again(request: HttpRequest, member: Member) -> HttpResponse:
    flash.warning(request, _("The agreement has changed. Read it again before you sign."))
    return redirect("privacy:agreement", member.customer.number)


def _begun(form: SignerForm, member: Member) -> Signing:
    said, language = form.cleaned_data, get_language() or "en"
    facts = {"version": said["version"], "name": said["name"], "title": said["title"]}
    return steps.begin_signing(member, language=language, at=database_now(), **facts)


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(may=administers, restricted=True)
def code(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    """Take the code, and sign."""
    signing = _mine(member, identity)
    form = CodeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            return _sign(request, member, signing, form.cleaned_data["code"])
        except WrongCode:
            form.add_error("code", _("That is not the code. Look at the newest mail."))
        except SpentCode:
            told = _("The code is too old, or was tried too often. Ask for a new one.")
            form.add_error("code", told)
        except NoKey:
            form.add_error(None, _("It cannot be signed right now. Try again in a minute."))
        signing = _mine(member, identity)  # a try was counted
    context = {"member": member, "form": form, "signing": signing, "digits": DIGITS}
    context["open"] = is_open(signing, at=database_now())
    return render(request, "privacy/agreement_code.html", context)


def _sign(request: HttpRequest, member: Member, signing: Signing, answer: str) -> HttpResponse:
    try:
        address, at = _address_of(request), database_now()
        steps.sign(signing, answer, by=member, address=address, at=at)
        flash.success(request, _("The agreement is signed. You find it here whenever you want."))
    except steps.AlreadySigned:
        flash.info(request, _("This version is signed already."))
    except steps.Changed:
        return _read_again(request, member)
    except steps.NotAllowed as error:
        raise PermissionDenied from error
    return redirect("privacy:agreement", member.customer.number)


@require_POST
@member_page(may=administers, restricted=True)
def code_again(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    """Mail another code; the one before ends."""
    signing = _mine(member, identity)
    try:
        steps.ask_again(signing, at=database_now())
        flash.success(request, _("A new code is on its way. The one before is void."))
    except TooSoon:
        flash.warning(request, _("A code was mailed just now, or several. Wait, or begin again."))
    except SpentCode:
        flash.info(request, _("This version is signed already."))
    return redirect("privacy:agreement_code", member.customer.number, signing.id)


@require_safe
@member_page(may=administers, restricted=True)
def signed_file(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    """The PDF as it was signed."""
    signed = _signed(member, identity)
    answer = HttpResponse(steps.document_of(signed), content_type="application/pdf")
    return _fetched(answer, member, signed, "pdf")


@require_safe
@member_page(may=administers, restricted=True)
def signed_proof(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    """Our signature over the PDF, for the published verifier."""
    signed = _signed(member, identity)
    answer = JsonResponse(signed.certificate, json_dumps_params={"indent": 2})
    return _fetched(answer, member, signed, "json")


def _fetched(
    answer: HttpResponse, member: Member, signed: SignedAgreement, ending: str
) -> HttpResponse:
    by, at, owner = member, database_now(), signed.customer_id
    record("signedagreement.fetched", signed, by=by, customer_id=owner, at=at)
    called = pgettext("file name", "agreement")
    name = f"{called}-{signed.signed_at.astimezone(STOCKHOLM):%Y%m%d}-{signed.short}.{ending}"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def _signed(member: Member, identity: UUID) -> SignedAgreement:
    found: SignedAgreement | None = (
        SignedAgreement.objects.of(member.customer_id).filter(id=identity).first()
    )
    if found is None:
        raise Http404
    return found


def _mine(member: Member, identity: UUID) -> Signing:
    """Return the member's own signing: nobody finishes another's. Raises Http404."""
    rows = Signing.objects.filter(customer=member.customer_id, member_id=member.id)
    found: Signing | None = rows.timely().select_related("customer").filter(id=identity).first()
    if found is None:
        raise Http404
    return found


def _address_of(request: HttpRequest) -> str:
    """Return where the request came from, as far as the proxies in front let us know."""
    try:
        return str(get_adapter().get_client_ip(request))
    except PermissionDenied:
        return ""
