"""Support's pages of restrictions and holds: placed and ended, without content.

The ground and a caller's number, once written, are sealed and not shown; whoever answers for the
data reads them.
"""

from typing import Any, ClassVar, cast
from uuid import UUID

from django import forms
from django.contrib import admin
from django.contrib import messages as flash
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from customers.actions.covers import DeletionUnderWay, end_cover, hold, restrict
from customers.actions.members import LastAdministrator
from customers.models import Hold, Restriction, User
from customers.models.cover import Cover
from privacy.forms.covers import HoldForm, RestrictionForm
from privacy.models import Case
from privacy.restricting import warn_of_what_goes
from smartsvar.back_office.pages import CustomersRowsPages
from smartsvar.back_office.site import support_site
from smartsvar.clock import database_now


class CoverPages(CustomersRowsPages):
    """Common to both: the list, a form to place one, a button to end it."""

    ordering = ("-placed_at", "-id")
    list_filter: ClassVar[Any] = ("target",)
    change_form_template = "admin/privacy/cover/change_form.html"
    change_list_template = "admin/privacy/cover/change_list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Also those of a customer whose processing is restricted: support lifts that."""
        rows = self.model.objects.timely().select_related("customer").order_by(*self.ordering)
        return cast("QuerySet[Any]", rows.defer("sealed", "customer__sealed"))

    @property
    def name(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}"

    def get_urls(self) -> list[URLPattern]:
        placing = self.admin_site.admin_view(self.place)
        ending: Any = self.admin_site.admin_view(self.end)
        ending.model_admin = self
        return [
            path("place/", placing, name=f"{self.name}_place"),
            path("<uuid:object_id>/end/", ending, name=f"{self.name}_end"),
            *super().get_urls(),
        ]

    def ask(self, data: Any) -> Any:
        """Return the form by which one is placed."""
        raise NotImplementedError

    def put(self, form: Any, agent: User) -> Cover:
        """Place what a valid form says. Raises DeletionUnderWay, LastAdministrator."""
        raise NotImplementedError

    def may_end(self, cover: Any) -> bool:
        """Whether it is for support to end it."""
        raise NotImplementedError

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> Any:
        cover = kwargs.get("obj")
        context |= {"may_end": cover is not None and self.may_end(cover)}
        return super().render_change_form(request, context, *args, **kwargs)

    def place(self, request: HttpRequest) -> HttpResponse:
        """Place one by customer number, and an id or a caller's number from a letter."""
        form = self.ask(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                cover = self.put(form, cast(User, request.user))
            except DeletionUnderWay:
                form.add_error(None, _("It is being deleted already."))
            except LastAdministrator:
                form.add_error("object_id", _("There must be an administrator."))
            else:
                flash.success(request, _("It is in force from now on."))
                warn_of_what_goes(request, cover)
                return redirect(f"admin:{self.name}_changelist")
        context = self.admin_site.each_context(request) | {
            "form": form, "title": _("Add %s") % self.opts.verbose_name, "opts": self.opts,
            "back": f"admin:{self.name}_changelist",
        }  # fmt: skip
        return TemplateResponse(request, "admin/privacy/cover/place.html", context)

    def end(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """End one that is in force."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        cover = self.get_queryset(request).filter(id=object_id).first()
        if cover is None or not self.may_end(cover):
            raise Http404
        end_cover(cover, by=cast(User, request.user), at=database_now())
        flash.success(request, _("It has ended."))
        return redirect(f"admin:{self.name}_change", object_id)


@admin.register(Restriction, site=support_site)
class RestrictionPages(CoverPages):
    list_display = (
        "placed_at", "customer_number", "target", "keeps", "removes", "ended_at", "id",
    )  # fmt: skip
    shown = (*list_display, "object_model", "object_id", "due_at")

    def ask(self, data: Any) -> forms.Form:
        return RestrictionForm(data)

    def may_end(self, cover: Any) -> bool:
        """Whom the customer removed, support does not let in again."""
        return not cover.removes

    def put(self, form: Any, agent: User) -> Cover:
        said = form.cleaned_data
        return restrict(
            said["customer"], said["about"], reason=said["reason"], keeps=said["keeps"],
            by=agent, at=database_now(),
        )  # fmt: skip


@admin.register(Hold, site=support_site)
class HoldPages(CoverPages):
    list_display = (
        "placed_at", "customer_number", "kind", "target", "ends_at", "ended_at", "id",
    )  # fmt: skip
    list_filter: ClassVar[Any] = ("kind", "target")
    shown = (*list_display, "object_model", "object_id", "due_at")

    def ask(self, data: Any) -> forms.Form:
        return HoldForm(data, at=database_now())

    def may_end(self, cover: Any) -> bool:
        """What a request keeps, it keeps until it is answered."""
        return not Case.objects.filter(hold_id=cover.id, closed_at=None).stored().exists()

    def put(self, form: Any, agent: User) -> Cover:
        said = form.cleaned_data
        return hold(
            said["customer"], said["about"], kind=Hold.Kind.LEGAL, reason=said["reason"],
            ends_at=form.ends_at, by=agent, at=database_now(),
        )  # fmt: skip
