"""Support keeps the register: companies, agreements, engagements."""

import base64
from typing import Any, cast

from django.contrib import admin
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy

from customers.models import User
from smartsvar.audit.trail import record
from smartsvar.back_office.pages import ReadOnlyPages
from smartsvar.back_office.site import support_site
from smartsvar.clock import database_now
from smartsvar.declared_words import purpose_name
from subprocessors.forms import EngagementForm, SubprocessorForm, agreement_of
from subprocessors.keeping import keep_engagement, keep_subprocessor
from subprocessors.models import Engagement, Subprocessor


class KeptPages(ReadOnlyPages):
    """Pages where support adds and changes; nothing is deleted there."""

    written: tuple[str, ...] = ()

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return self.written

    def get_readonly_fields(
        self, request: HttpRequest, obj: Model | None = None
    ) -> tuple[str, ...]:
        return ()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.admin_site.has_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.admin_site.has_permission(request)


@admin.register(Subprocessor, site=support_site)
class SubprocessorPages(KeptPages):
    form = SubprocessorForm
    list_display = ("name", "country_name", "website", "signed", "review", "audited")
    written = (
        "name", "number", "country", "website", "contact_name", "contact_email", "signed_on",
        "review_on", "ended_at", "file", "audit_on", "audit_finding",
    )  # fmt: skip
    ordering = ("name",)
    change_form_template = "admin/subprocessors/subprocessor/change_form.html"

    @admin.display(description=gettext_lazy("agreement signed"))
    def signed(self, row: Subprocessor) -> Any:
        return getattr(agreement_of(row), "signed_on", None)

    @admin.display(description=gettext_lazy("to be reviewed"))
    def review(self, row: Subprocessor) -> Any:
        return getattr(agreement_of(row), "review_on", None)

    @admin.display(description=gettext_lazy("audits"))
    def audited(self, row: Subprocessor) -> int:
        return len(getattr(agreement_of(row), "audits", ()))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001
        by = cast(User, request.user)
        keep_subprocessor(obj, form.cleaned_data, by=by, at=database_now())

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> Any:
        context["agreement"] = agreement_of(kwargs["obj"]) if kwargs.get("obj") else None
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        file = self.admin_site.admin_view(self.agreement_file)
        name = "subprocessors_subprocessor_agreement"
        return [path("<uuid:subprocessor_id>/agreement/", file, name=name), *super().get_urls()]

    def agreement_file(self, request: HttpRequest, subprocessor_id: Any) -> HttpResponse:
        """Return the signed agreement. Raises Http404 where there is none."""
        row = Subprocessor.objects.filter(pk=subprocessor_id).first()
        agreement = agreement_of(row) if row else None
        if agreement is None or not agreement.file:
            raise Http404
        by = cast(User, request.user)
        record("agreement.opened", agreement, by=by, customer_id=None, at=database_now())
        content = base64.b64decode(agreement.file)
        headers = {"Content-Disposition": 'attachment; filename="agreement.pdf"'}
        return HttpResponse(content, content_type="application/pdf", headers=headers)


@admin.register(Engagement, site=support_site)
class EngagementPages(KeptPages):
    form = EngagementForm
    list_display = ("company", "what_for", "country_name", "outside", "starts_on", "ends_on")
    written = ("subprocessor", "purpose", "country", "safeguard", "starts_on", "ends_on")
    list_select_related = ("subprocessor",)
    ordering = ("-starts_on",)

    @admin.display(description=gettext_lazy("company"))
    def company(self, row: Engagement) -> str:
        return row.subprocessor.name

    @admin.display(description=gettext_lazy("engaged for"))
    def what_for(self, row: Engagement) -> str:
        return purpose_name(row.purpose)

    @admin.display(description=gettext_lazy("outside the EEA"), boolean=True)
    def outside(self, row: Engagement) -> bool:
        return row.outside

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001
        keep_engagement(obj, by=cast(User, request.user), at=database_now())
