"""What was deleted when, what is due next; receipts to take along and keys to check them by."""

import json
from pathlib import Path
from typing import TypeVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import pgettext
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from customers.access import member_page
from customers.models import Member
from privacy.models import SignedReceipt
from privacy.purging.outlook import outlook
from privacy.receipts import files, keys, verify
from smartsvar.paging import page_of

SHOWN = 30
Answer = TypeVar("Answer", HttpResponse, StreamingHttpResponse)


@require_safe
@member_page(restricted=True)
def receipts(request: HttpRequest, member: Member) -> HttpResponse:
    rows = _receipts(member)
    older, newer = request.GET.get("older", ""), request.GET.get("newer", "")
    page = page_of(rows, moment="at", older=older, newer=newer, size=SHOWN)
    now = member.asked_at
    context = {
        "member": member,
        "page": page,
        "lines": [(receipt, _deleted(receipt)) for receipt in page.rows],
        "outlook": outlook(now, member.customer) if member.sees_all else None,
        "now": now,
    }
    return render(request, "privacy/receipts.html", context)


def _receipts(member: Member) -> "QuerySet[SignedReceipt]":
    """Return those that the member may read: none, if it is shown its own calls only.

    They count everybody's, and so does what falls due: that there are others is not to be learnt.
    """
    if not member.sees_all:
        return SignedReceipt.objects.none()
    return SignedReceipt.objects.filter(customer_id=member.customer.id)


def _deleted(receipt: SignedReceipt) -> list[tuple[int, str, str]]:
    """Return what a receipt says: count, the model's label, reason."""
    fact = json.loads(receipt.fact)
    return [(each["count"], each["model"], each["reason"]) for each in fact["deleted"]]


@require_safe
@member_page(restricted=True)
def receipt(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    mine = _receipts(member).filter(id=identity).first()
    if mine is None:
        raise Http404
    answer = HttpResponse(files.single(mine), content_type="application/json")
    called = pgettext("file name", "receipt")
    return _attached(answer, f"{called}-{member.customer.number}-{mine.sequence}.json")


@require_safe
@member_page(restricted=True)
def chain(request: HttpRequest, member: Member) -> StreamingHttpResponse:
    if not member.sees_all:
        raise Http404
    content = files.chain_of(member.customer.id)
    answer = StreamingHttpResponse(content, content_type="application/json")
    return _attached(answer, f"{pgettext('file name', 'receipts')}-{member.customer.number}.json")


def _attached(answer: Answer, name: str) -> Answer:
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@require_safe
@cache_control(public=True, max_age=300)
def published_keys(request: HttpRequest) -> JsonResponse:
    return JsonResponse(keys.published(), json_dumps_params={"indent": 2})


@require_safe
@cache_control(public=True, max_age=300)
def verifier(request: HttpRequest) -> HttpResponse:
    text = Path(verify.__file__).read_text(encoding="utf-8")
    answer = HttpResponse(text, content_type="text/x-python; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="verify.py"'
    return answer
