"""The staff register."""

from uuid import UUID

from django.contrib import messages as flash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from customers.access import changes, fetch_owned, member_page
from customers.actions.staff import (
    REGISTER_LIMIT,
    RegisterFull,
    add_staff,
    change_staff,
    register_of,
    remove_staff,
)
from customers.forms.staff import StaffForm
from customers.models import Member, StaffMember
from smartsvar.clock import database_now


@require_safe
@member_page()
def staff_list(request: HttpRequest, member: Member) -> HttpResponse:
    return render(
        request,
        "customers/staff_list.html",
        {"member": member, "register": register_of(member.customer)},
    )


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(may=changes)
def staff_add(request: HttpRequest, member: Member) -> HttpResponse:
    form = StaffForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            add_staff(member.customer, form.details(), by=member, at=database_now())
        except RegisterFull:
            full = _("The register is full: it holds at most %(limit)d people.") % {
                "limit": REGISTER_LIMIT
            }
            form.add_error(None, full)
        else:
            flash.success(
                request, _("%(name)s is on the register.") % {"name": form.cleaned_data["name"]}
            )
            return redirect("customers:staff_list", member.customer.number)
    return render(request, "customers/staff_form.html", {"member": member, "form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(may=changes)
def staff_change(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    person = fetch_owned(StaffMember.objects, member.customer, identity)
    form = StaffForm(request.POST or None, person=person)
    if request.method == "POST" and form.is_valid():
        change_staff(person, form.details(), by=member, at=database_now())
        flash.success(request, _("The changes are saved."))
        return redirect("customers:staff_list", member.customer.number)
    return render(
        request, "customers/staff_form.html", {"member": member, "form": form, "person": person}
    )


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(may=changes)
def staff_remove(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    person = fetch_owned(StaffMember.objects, member.customer, identity)
    if request.method == "POST":
        name = person.name
        remove_staff(person, by=member)
        flash.success(request, _("%(name)s is off the register.") % {"name": name})
        return redirect("customers:staff_list", member.customer.number)
    return render(request, "customers/staff_remove.html", {"member": member, "person": person})
