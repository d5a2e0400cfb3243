"""Support writes terms, sees them as they will look, and publishes them for good."""

from typing import Any, cast
from uuid import UUID

from django.conf import settings
from django.contrib import admin
from django.contrib import messages as flash
from django.db.models import Count, Model, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import User
from privacy.forms.terms import TermsForm
from privacy.models import PolicyVersion, Terms
from privacy.terms.papers import paper_of
from privacy.terms.steps import Passed, Published, Taken, publish, write_draft
from smartsvar.back_office.pages import ReadOnlyPages
from smartsvar.back_office.site import support_site
from smartsvar.clock import database_now


@admin.register(Terms, site=support_site)
class TermsPages(ReadOnlyPages):
    form = TermsForm
    list_display = ("valid_from", "kind", "published_at", "accepted", "told", "untold")
    list_filter = ("kind",)
    ordering = ("-valid_from",)
    written = ("kind", "valid_from", "text_sv", "text_en")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        sums = {
            "accepted_count": Count("acceptances", distinct=True),
            "told_count": Count("notices", filter=Q(notices__failed_at=None) & ~Q(
                notices__sent_at=None), distinct=True),
            "untold_count": Count(
                "notices", filter=~Q(notices__failed_at=None), distinct=True
            ),
        }  # fmt: skip
        return cast("QuerySet[Any]", super().get_queryset(request).annotate(**sums))

    @admin.display(description=gettext_lazy("accepted by"))
    def accepted(self, row: Any) -> int:
        return int(row.accepted_count)

    @admin.display(description=gettext_lazy("told"))
    def told(self, row: Any) -> int:
        return int(row.told_count)

    @admin.display(description=gettext_lazy("not reached"))
    def untold(self, row: Any) -> int:
        return int(row.untold_count)

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        if isinstance(obj, Terms) and obj.published_at:
            return ("id", *self.written, "published_at")
        return self.written

    def get_readonly_fields(
        self, request: HttpRequest, obj: Model | None = None
    ) -> tuple[str, ...]:
        drafted = not (isinstance(obj, Terms) and obj.published_at)
        return () if drafted else self.get_fields(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.admin_site.has_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """A draft may be changed; what is published stands."""
        drafted = not (isinstance(obj, Terms) and obj.published_at)
        return drafted and self.admin_site.has_permission(request)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001
        write_draft(obj, by=cast(User, request.user), at=database_now())

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: Any = None
    ) -> HttpResponse:
        return redirect("admin:privacy_terms_preview", obj.pk)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        return redirect("admin:privacy_terms_preview", obj.pk)

    def get_urls(self) -> list[URLPattern]:
        guarded: Any = self.admin_site.admin_view(self.preview)
        guarded.model_admin = self
        name = "privacy_terms_preview"
        return [path("<uuid:object_id>/preview/", guarded, name=name), *super().get_urls()]

    def preview(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Show the version as everybody will see it; posting publishes it."""
        terms = Terms.objects.filter(pk=object_id).first()
        if terms is None:
            raise Http404
        if request.method == "POST":
            return self._publish(request, terms)
        context = self.admin_site.each_context(request) | {
            "terms": terms, "original": terms, "opts": self.opts,
            "papers": _in_each_language(terms), "title": _("As it will look"),
        }  # fmt: skip
        return TemplateResponse(request, "admin/privacy/terms/preview.html", context)

    def _publish(self, request: HttpRequest, terms: Terms) -> HttpResponse:
        try:
            publish(terms, by=cast(User, request.user), at=database_now())
            flash.success(request, _("The terms are published; every customer is mailed."))
        except Published:
            flash.error(request, _("They are published already."))
        except Passed:
            flash.error(request, _("The day they were to begin has passed. Choose another."))
        except Taken:
            flash.error(request, _("Another version of this kind begins that day."))
        return redirect("admin:privacy_terms_changelist")


def _in_each_language(terms: Terms) -> list[Any]:
    found = []
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            found.append(paper_of(terms))
    return found


@admin.register(PolicyVersion, site=support_site)
class PolicyVersionPages(ReadOnlyPages):
    list_display = ("seen_at", "language", "digest")
    shown = ("id", *list_display)
    list_filter = ("language",)
    ordering = ("-seen_at",)
