"""Exports as support sees them: how far each has come. Support asks for one, and fetches none."""

from typing import Any, cast

from django.contrib import admin
from django.contrib import messages as flash
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _

from customers.models import User
from privacy.exports.ask import NoSuchThing, TooMany, ask_on_behalf
from privacy.forms.exports import OnBehalfForm
from privacy.models import Export
from smartsvar.back_office.pages import CustomersRowsPages
from smartsvar.back_office.site import support_site
from smartsvar.clock import database_now


@admin.register(Export, site=support_site)
class ExportPages(CustomersRowsPages):
    list_display = ("asked_at", "customer_number", "target", "state", "done", "total", "ready_at")
    shown = (
        "id", *list_display, "asked_by_kind", "asked_by", "left_out", "size", "parts", "told_at",
        "failures", "lease_until", "due_at",
    )  # fmt: skip
    list_filter = ("state", "target")
    ordering = ("-asked_at", "-id")
    date_hierarchy = "asked_at"
    change_list_template = "admin/privacy/export/change_list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Also those of a customer whose processing is restricted: it keeps the right of access."""
        rows = Export.objects.timely().select_related("customer").order_by(*self.ordering)
        return cast("QuerySet[Any]", rows.defer("sealed", "customer__sealed"))

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view(self.ask)
        return [path("ask/", view, name="privacy_export_ask"), *super().get_urls()]

    def ask(self, request: HttpRequest) -> HttpResponse:
        """Ask for an export on behalf of who made a request and has been identified."""
        form = OnBehalfForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            agent, at = cast(User, request.user), database_now()
            try:
                export = ask_on_behalf(form.cleaned_data["case"], by=agent, at=at)
            except NoSuchThing:
                form.add_error(None, _("What the request is about is not there any more."))
            except TooMany:
                form.add_error(None, _("The customer has too many exports."))
            else:
                flash.success(request, _("The export is asked for; the customer fetches it."))
                return redirect("admin:privacy_export_change", export.id)
        context = {"form": form, "title": _("Ask for an export"), "opts": self.opts}
        context |= self.admin_site.each_context(request)
        return TemplateResponse(request, "admin/privacy/export/ask.html", context)
