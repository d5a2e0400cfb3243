"""The staff register."""

from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages as flash
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers.access import changes, fetch_owned, member_page
from customers.actions.absences import absences_of
from customers.actions.looks import Listed, note_listed
from customers.actions.presence import presence_of
from customers.actions.staff import (
    REGISTER_LIMIT,
    RegisterFull,
    add_staff,
    change_staff,
    find_in,
    register_of,
    remove_staff,
)
from customers.actions.ties import ties_of
from customers.forms.staff import ChosenForm, SearchForm, StaffForm
from customers.models import Customer, Member, StaffMember
from customers.views.ties import end_chosen
from smartsvar.clock import database_now
from smartsvar.counts import grouped
from smartsvar.shredding.claims import held_among

SHOWN = 100  # people per page


@require_safe
@member_page()
def staff_list(request: HttpRequest, member: Member) -> HttpResponse:
    register, form = register_of(member.customer), SearchForm(request.GET)
    present = presence_of(member.customer, register, database_now())
    found = find_in(register, form.words)
    if form.away_only:
        found = [person for person in found if present[person.pk].away]
    page = form.page_of(found, SHOWN)
    note_listed(Listed.REGISTER, member.customer, by=member, at=member.asked_at)
    context = {
        "member": member, "form": form, "page": page, "fitting": len(found), "total": len(register),
        "people": [(person, present[person.pk]) for person in page],
        "away": sum(each.away for each in present.values()),
    }  # fmt: skip
    return render(request, "customers/staff_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(may=changes)
def staff_add(request: HttpRequest, member: Member) -> HttpResponse:
    form = StaffForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            add_staff(member.customer, form.details(), by=member, at=database_now(), once=True)
        except RegisterFull:
            full = _("The register is full: it holds at most %(limit)s people.") % {
                "limit": grouped(REGISTER_LIMIT)
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
    person, at = fetch_owned(StaffMember.objects, member.customer, identity), database_now()
    form = StaffForm(request.POST or None, person=person)
    if request.method == "POST" and form.is_valid():
        change_staff(person, form.details(), by=member, at=at, fields=form.fields_changed)
        flash.success(request, _("The changes are saved."))
        return redirect("customers:staff_list", member.customer.number)
    note_listed(Listed.REGISTER, member.customer, by=member, at=at)
    person.customer = member.customer
    held = bool(held_among(StaffMember, [person.pk]))
    context = {"member": member, "form": form, "person": person, "held": held} | _now(person, at)
    return render(request, "customers/staff_form.html", context)


def _now(person: StaffMember, at: datetime) -> dict[str, Any]:
    """What callers are told of the person now, and the absences to come."""
    present = presence_of(person.customer, [person], at)[person.pk]
    return {"present": present, "absences": absences_of(person, at)}


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(may=changes)
def staff_remove(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    person = fetch_owned(StaffMember.objects, member.customer, identity)
    held, ties = bool(held_among(StaffMember, [person.pk])), ties_of(member.customer, [person])
    if request.method == "POST" and not held:
        name = person.name
        remove_staff(person, by=member, along=partial(end_chosen, request, member, ties))
        flash.success(request, _("%(name)s is off the register.") % {"name": name})
        return redirect("customers:staff_list", member.customer.number)
    context = {"member": member, "person": person, "held": held, "ties": ties}
    status = 409 if request.method == "POST" else 200
    return render(request, "customers/staff_remove.html", context, status=status)


@require_POST
@member_page(may=changes)
def staff_remove_many(request: HttpRequest, member: Member) -> HttpResponse:
    """First a page that names whom it is about, then all of them whom no hold keeps, or none."""
    chosen = _chosen(member.customer, request)
    if not chosen:
        flash.warning(request, _("Choose whom to remove."))
        return redirect("customers:staff_list", member.customer.number)
    kept = held_among(StaffMember, [person.pk for person in chosen])
    people = [person for person in chosen if person.pk not in kept]
    held = [person for person in chosen if person.pk in kept]
    ties = ties_of(member.customer, people)
    if "confirmed" not in request.POST or not people:
        context = {"member": member, "people": people, "held": held, "ties": ties}
        return render(request, "customers/staff_remove_many.html", context)
    gone = remove_staff(*people, by=member, along=partial(end_chosen, request, member, ties))
    said = ngettext("%(count)s is off the register.", "%(count)s are off the register.", gone)
    flash.success(request, said % {"count": grouped(gone)})
    return redirect("customers:staff_list", member.customer.number)


def _chosen(customer: Customer, request: HttpRequest) -> list[StaffMember]:
    """Return whom the form names, of this customer's alone; what is nobody's id names nobody."""
    wanted = ChosenForm.ids(request.POST.getlist("person"))
    return [person for person in register_of(customer) if person.pk in wanted]
