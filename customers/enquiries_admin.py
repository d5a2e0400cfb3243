"""Support's desk for enquiries: by number and date; what was written is read on purpose."""

from typing import Any, cast
from uuid import UUID

from django.contrib import admin
from django.contrib import messages as flash
from django.db.models import F, Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.actions.enquiries import erase_enquiry, note_answered, read_enquiry
from customers.models import Enquiry, User
from smartsvar.back_office.pages import ReadOnlyPages
from smartsvar.back_office.site import support_site
from smartsvar.clock import database_now


@admin.register(Enquiry, site=support_site)
class EnquiryPages(ReadOnlyPages):
    list_display = ("number", "received_at", "source", "language", "answered_at", "due_at")
    shown = ("id", *list_display)
    list_filter = ("source",)
    ordering = (F("answered_at").desc(nulls_first=True), "-received_at")
    customer_path = "number"
    search_help_text = gettext_lazy(
        "A number, an id, or the whole e-mail address of somebody who asks what we have."
    )

    def _named_by(self, term: str) -> Q | None:
        if "@" in term:
            return Q(pk__in=Enquiry.objects.from_address(term).values("pk"))
        return super()._named_by(term)

    def get_urls(self) -> list[URLPattern]:
        steps = {"read": self.read, "answered": self.answered, "erase": self.erase}
        return [*(self._address(*each) for each in steps.items()), *super().get_urls()]

    def _address(self, name: str, view: Any) -> URLPattern:
        guarded: Any = self.admin_site.admin_view(view)
        guarded.model_admin = self
        found: URLPattern = path(
            f"<uuid:object_id>/{name}/", guarded, name=f"customers_enquiry_{name}"
        )
        return found

    def _fetch(self, request: HttpRequest, identity: UUID) -> Enquiry:
        enquiry: Enquiry | None = self.get_queryset(request).filter(id=identity).first()
        if enquiry is None:
            raise Http404
        return enquiry

    def read(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Show what was written; the trail says who read it."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        enquiry = self._fetch(request, object_id)
        said = read_enquiry(enquiry, by=cast(User, request.user), at=database_now())
        return self._page(request, enquiry, _("What was written"), said=said)

    def answered(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Note that it has been answered."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        enquiry = self._fetch(request, object_id)
        note_answered(enquiry, by=cast(User, request.user), at=database_now())
        flash.success(request, _("Enquiry %(number)d is answered.") % {"number": enquiry.number})
        return redirect("admin:customers_enquiry_changelist")

    def erase(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Erase it before its time, after a page that says so."""
        enquiry = self._fetch(request, object_id)
        if request.method != "POST":
            return self._page(request, enquiry, _("Erase the enquiry?"))
        erase_enquiry(enquiry, by=cast(User, request.user))
        flash.success(request, _("Enquiry %(number)d is erased.") % {"number": enquiry.number})
        return redirect("admin:customers_enquiry_changelist")

    def _page(
        self, request: HttpRequest, enquiry: Enquiry, title: str, **context: Any
    ) -> TemplateResponse:
        context |= self.admin_site.each_context(request)
        context |= {"enquiry": enquiry, "original": enquiry, "title": title, "opts": self.opts}
        return TemplateResponse(request, "admin/customers/enquiry/step.html", context)
