"""The public list, and the customer's page of announced changes."""

from uuid import UUID

from django.contrib import messages as flash
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from customers.access import administers, member_page
from customers.models import Member
from smartsvar.clock import database_now
from subprocessors.forms import ObjectionForm
from subprocessors.models import Engagement, Notice
from subprocessors.notices import (
    AlreadyObjected,
    TooLate,
    notices_for,
    object_to,
    objections_until,
    require_open,
    today,
)


@require_safe
def public_list(request: HttpRequest) -> HttpResponse:
    day = today(database_now())
    lists = {
        "current": Engagement.objects.current(day),
        "announced": Engagement.objects.announced(day),
    }
    return render(request, "subprocessors/list.html", lists)


@require_safe
@member_page(restricted=True)
def notices(request: HttpRequest, member: Member) -> HttpResponse:
    """The announced changes, and what this customer has said about them."""
    at = database_now()
    day = today(at)
    context = {"member": member, "notices": notices_for(member.customer, at), "today": day}
    context["current"] = Engagement.objects.current(day)
    return render(request, "subprocessors/notices.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(may=administers, restricted=True)
def objection(request: HttpRequest, member: Member, notice_id: UUID) -> HttpResponse:
    """Object to an announced change, while there is time."""
    rows = Notice.objects.beginning()  # to what ends there is nothing to object
    notice = rows.newest_first().filter(id=notice_id).first()
    if notice is None:
        raise Http404
    form, at = ObjectionForm(request.POST or None), database_now()
    try:
        require_open(notice, member.customer, at)
        if request.method != "POST" or not form.is_valid():
            until = objections_until(notice, member.customer, at)
            context = {"member": member, "notice": notice, "form": form, "until": until}
            return render(request, "subprocessors/objection.html", context)
        reason = form.cleaned_data["reason"]
        object_to(notice, member.customer, reason, by=member, at=at)
        flash.success(request, _("Your objection is received. The answer comes on this page."))
    except TooLate:
        flash.error(request, _("The time to object is over."))
    except AlreadyObjected:
        flash.error(request, _("You have objected to this change already."))
    return redirect("subprocessors:notices", member.customer.number)
