"""The absence calendar: a month of everybody's or one person's, and each absence in it."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.contrib import messages as flash
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers.access import changes, fetch_owned, member_page
from customers.actions.absences import (
    ABSENCE_LIMIT,
    LongOver,
    TooManyAbsences,
    add_absence,
    change_absence,
    end_absence,
    remove_absence,
)
from customers.actions.calendar import Day, fill_grid, month_named, month_of, opened
from customers.actions.looks import Listed, note_listed
from customers.actions.staff import register_of
from customers.forms.absences import AbsenceForm, CalendarForm
from customers.models import Absence, Member, StaffMember
from smartsvar.clock import STOCKHOLM, database_now
from smartsvar.personal_data import keep_of

OF_A_PAGE = 100  # people who are away on one day


@require_safe
@member_page()
def calendar(request: HttpRequest, member: Member) -> HttpResponse:
    register = register_of(member.customer)
    form = CalendarForm(request.GET, register=register)
    today = database_now().astimezone(STOCKHOLM).date()
    month = month_of(
        member.customer, month_named(request.GET.get("month", ""), today), register,
        today=today, language=get_language() or "sv", only=form.person_id,
    )  # fmt: skip
    context = {
        "member": member, "form": form, "month": month, "register": register, "today": today,
        "person": next((each for each in register if each.pk == form.person_id), None),
    }  # fmt: skip
    if day := month.day(request.GET.get("day", "")):
        return _day(request, day, register, context)
    fill_grid(month, member.customer, register)
    return render(request, "customers/absence_calendar.html", context)


def _day(
    request: HttpRequest, day: Day, register: list[StaffMember], context: dict[str, Any]
) -> HttpResponse:
    """Show everybody who is away on one day, in pages."""
    page = Paginator(day.places, OF_A_PAGE).get_page(request.GET.get("page", "")[:9])
    entries = opened(page, context["member"].customer, register)
    found = context | {"day": day, "page": page, "entries": list(entries.values())}
    return render(request, "customers/absence_day.html", found)


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(may=changes)
def absence_add(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    person = fetch_owned(StaffMember.objects, member.customer, identity)
    at = database_now()
    form = AbsenceForm(request.POST or None, day=at.astimezone(STOCKHOLM).date())
    if request.method == "POST" and form.is_valid():
        done = _noted(form, lambda: add_absence(person, form.facts(), by=member, at=at))
        if done:
            flash.success(request, _("The absence is in the calendar."))
            return redirect("customers:staff_change", member.customer.number, person.pk)
    context = {"member": member, "form": form, "person": person}
    return render(request, "customers/absence_form.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(may=changes)
def absence_change(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    absence, person = _fetch(member, identity)
    form, at = AbsenceForm(request.POST or None, absence=absence), database_now()
    if request.method == "POST" and form.is_valid():
        done = _noted(form, lambda: change_absence(absence, form.facts(), by=member, at=at))
        if done:
            flash.success(request, _("The changes are saved."))
            return redirect(_month_of(member, absence))
    context = {
        "member": member, "form": form, "person": person, "absence": absence,
        "ends_now": _under_way(absence, at),
    }  # fmt: skip
    return render(request, "customers/absence_form.html", context)


@require_POST
@member_page(may=changes)
def absence_end(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    """The person is back before anybody thought: it can be undone by changing the absence."""
    absence, person = _fetch(member, identity)
    end_absence(absence, by=member, at=database_now())
    flash.success(request, _("%(name)s is back.") % {"name": person.name})
    return redirect("customers:staff_change", member.customer.number, person.pk)


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(may=changes)
def absence_remove(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    absence, person = _fetch(member, identity)
    if request.method == "POST":
        return _removed(request, member, absence, person)
    context = {"member": member, "absence": absence, "person": person}
    return render(request, "customers/absence_remove.html", context)


def _removed(
    request: HttpRequest, member: Member, absence: Absence, person: StaffMember
) -> HttpResponse:
    """Remove it, and answer with a form that would note the same anew.

    It is destroyed here; what it said stands only on the page in front of whoever removed it.
    """
    again = AbsenceForm(absence=absence).as_hidden()
    context = {"member": member, "person": person, "again": again}
    context["back"] = _month_of(member, absence)
    remove_absence(absence, by=member)
    return render(request, "customers/absence_removed.html", context)


def _fetch(member: Member, identity: UUID) -> tuple[Absence, StaffMember]:
    """Return the absence and whose it is, and leave a trace: the page says why somebody is away."""
    absence: Absence = fetch_owned(
        Absence.objects.select_related("staff"), member.customer, identity
    )
    note_listed(Listed.REGISTER, member.customer, by=member, at=member.asked_at)
    return absence, cast(StaffMember, absence.staff)  # one without a person is never shown


def _under_way(absence: Absence, at: datetime) -> bool:
    return absence.starts_at < at and (absence.ends_at is None or absence.ends_at > at)


def _noted(form: AbsenceForm, act: Callable[[], Any]) -> bool:
    """Do it; what is refused is said at the form."""
    try:
        act()
    except TooManyAbsences:
        many = _("At most %(limit)d absences of one person.") % {"limit": ABSENCE_LIMIT}
        form.add_error(None, many)
    except LongOver:
        period = keep_of("customers.Absence").in_words()
        over = _("That is long over: absences are deleted %(period)s after they end.")
        form.add_error("last_day", over % {"period": period})
    return form.is_valid()


def _month_of(member: Member, absence: Absence) -> str:
    month = absence.starts_at.astimezone(STOCKHOLM).strftime("%Y-%m")
    page = reverse("customers:absence_calendar", args=[member.customer.number])
    return f"{page}?month={month}"
