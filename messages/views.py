"""Messages on Mina Sidor: the list, deletion. A message's page is composed in the portal."""

from uuid import UUID

from django.contrib import messages as flash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from customers.access import changes, fetch_owned, member_page
from customers.models import Member
from messages.actions import delete_message
from messages.forms import MessageFilter
from messages.models import PhoneMessage
from smartsvar.paging import page_of


@require_safe
@member_page()
def message_list(request: HttpRequest, member: Member) -> HttpResponse:
    form = MessageFilter(request.GET, customer=member.customer)
    rows = (
        PhoneMessage.objects.of(member.customer)
        .select_related("staff")
        .prefetch_related("deliveries")
    )
    older, newer = request.GET.get("older", ""), request.GET.get("newer", "")
    page = page_of(form.apply(rows), moment="taken_at", older=older, newer=newer)
    return render(
        request, "phone_messages/list.html", {"member": member, "form": form, "page": page}
    )


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(may=changes)
def delete(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    phone_message = fetch_owned(PhoneMessage.objects, member.customer, identity)
    if request.method == "POST":
        delete_message(phone_message, by=member)
        flash.success(request, _("The message is deleted, for good."))
        return redirect("phone_messages:list", member.customer.number)
    return render(
        request, "phone_messages/delete.html", {"member": member, "phone_message": phone_message}
    )
