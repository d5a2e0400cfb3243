"""The staff register as a file: uploaded, looked at, confirmed; or downloaded."""

from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import messages as flash
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_http_methods, require_safe

from customers.access import changes, fetch_owned, member_page
from customers.actions.registers import (
    UploadUsed,
    import_register,
    keep_upload,
    note_export,
    throw_away,
)
from customers.actions.staff import REGISTER_LIMIT, RegisterFull, register_of
from customers.actions.ties import Ties, ties_of
from customers.forms.staff_files import MappingForm, UploadForm
from customers.models import Member, RegisterFile, StaffMember
from customers.staff_files.columns import doubled
from customers.staff_files.plan import Plan, ids_of, make_plan
from customers.staff_files.reading import MOST_BYTES
from customers.staff_files.writing import as_csv, as_workbook
from customers.views.ties import end_chosen
from smartsvar.clock import database_now
from smartsvar.counts import grouped
from smartsvar.shredding.claims import held_among
from smartsvar.shredding.models import Gone

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(may=changes)
def staff_import(request: HttpRequest, member: Member) -> HttpResponse:
    form = UploadForm()
    if request.method == "POST":
        too_big = int(request.META.get("CONTENT_LENGTH") or 0) > MOST_BYTES
        form = UploadForm(request.POST, request.FILES, too_big=too_big)
        if form.is_valid():
            sheet, at = form.cleaned_data["file"], database_now()
            upload = keep_upload(member, sheet.rows, lines=sheet.lines, at=at)
            return redirect("customers:staff_import_plan", member.customer.number, upload.pk)
    return render(request, "customers/staff_import.html", {"member": member, "form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@member_page()
def staff_plan(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    """What the upload would do; the plan that is confirmed must be the one that was shown."""
    upload = _upload(member, identity)
    if "throw_away" in request.POST:
        throw_away(upload, by=member)
        flash.success(request, _("The file is thrown away. Nothing was changed."))
        return redirect("customers:staff_list", member.customer.number)
    form = MappingForm(request.POST or None, table=upload.table)
    plan = _plan(member, upload, form)
    confirmed = request.POST.get("confirmed", "")
    held, ties = _leaving(member, plan)
    if plan is not None and confirmed and not plan.troubles and not held:
        if confirmed == plan.fingerprint:
            return _carry_out(request, member, upload, plan, ties)
        other = _("The register, or what the columns mean, has changed meanwhile. Look once more.")
        flash.warning(request, other)
    context = {
        "member": member, "form": form, "plan": plan, "upload": upload,
        "doubled": doubled(upload.table[0]), "rows": len(upload.table) - 1,
        "held": held, "ties": ties,
    }  # fmt: skip
    return render(request, "customers/staff_import_plan.html", context)


def _upload(member: Member, identity: UUID) -> RegisterFile:
    """Return the member's own upload, for who may change: a colleague's is not there."""
    upload: RegisterFile = fetch_owned(RegisterFile.objects, member.customer, identity)
    if upload.uploaded_by != member.id or not member.may_change:
        raise Http404
    return upload


def _plan(member: Member, upload: RegisterFile, form: MappingForm) -> Plan | None:
    if not form.is_valid():
        return None
    said: dict[str, Any] = form.cleaned_data
    register = register_of(member.customer)
    return make_plan(
        upload.table, form.meanings, register, match_by=said["match_by"], removes=said["removes"],
        lines=upload.lines,
    )  # fmt: skip


def _leaving(member: Member, plan: Plan | None) -> tuple[list[StaffMember], Ties]:
    """Return whom a hold keeps of those the plan removes, and the ties of them all."""
    removed = plan.removed if plan else []
    held = held_among(StaffMember, ids_of(removed))
    return [each for each in removed if each.pk in held], ties_of(member.customer, removed)


def _carry_out(
    request: HttpRequest, member: Member, upload: RegisterFile, plan: Plan, ties: Ties
) -> HttpResponse:
    try:
        import_register(
            member.customer, plan.added, plan.changed, plan.removed, upload=upload, by=member,
            at=database_now(), along=partial(end_chosen, request, member, ties),
        )  # fmt: skip
    except RegisterFull:
        full = _("The register is full: it holds at most %(limit)s people.")
        flash.error(request, full % {"limit": grouped(REGISTER_LIMIT)})
        return redirect("customers:staff_import_plan", member.customer.number, upload.pk)
    except Gone:
        flash.warning(request, _("The register has changed meanwhile. Look at it once more."))
        return redirect("customers:staff_import_plan", member.customer.number, upload.pk)
    except UploadUsed:
        flash.warning(request, _("The file is imported or thrown away already."))
        return redirect("customers:staff_list", member.customer.number)
    flash.success(request, _done(plan))
    return redirect("customers:staff_list", member.customer.number)


def _done(plan: Plan) -> str:
    added, changed, removed = len(plan.added), len(plan.changed), len(plan.removed)
    parts = [
        ngettext("%(count)s added", "%(count)s added", added) % {"count": grouped(added)},
        ngettext("%(count)s changed", "%(count)s changed", changed) % {"count": grouped(changed)},
        ngettext("%(count)s removed", "%(count)s removed", removed) % {"count": grouped(removed)},
    ]
    return _("Imported: %(parts)s.") % {"parts": ", ".join(parts)}


@require_safe
@member_page(may=changes)
def staff_csv(request: HttpRequest, member: Member) -> HttpResponse:
    return _download(member, as_csv(_noted(request, member)), "text/csv", "csv")


@require_safe
@member_page(may=changes)
def staff_xlsx(request: HttpRequest, member: Member) -> HttpResponse:
    return _download(member, as_workbook(_noted(request, member)), WORKBOOK, "xlsx")


def _noted(request: HttpRequest, member: Member) -> Any:
    if request.method == "GET":
        note_export(member.customer, by=member, at=database_now())
    return register_of(member.customer)


def _download(member: Member, content: bytes, kind: str, ending: str) -> HttpResponse:
    called = pgettext("file name", "staff-register")
    name = f"{called}-{member.customer.number}.{ending}"
    return HttpResponse(
        content,
        content_type=kind,
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
