"""Support's pages of announcements: written, changed, taken back; never deleted."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from smartsvar.back_office.pages import ReadOnlyPages
from smartsvar.back_office.site import support_site
from smartsvar.bulletins.actions import publish
from smartsvar.bulletins.models import Bulletin
from smartsvar.clock import database_now
from smartsvar.plain_text import PlainText


class BulletinForm(PlainText, forms.ModelForm):  # type: ignore[type-arg]
    """Everybody reads it, and programs as XML, which cannot hold every character there is."""


@admin.register(Bulletin, site=support_site)
class BulletinPages(ReadOnlyPages):
    form = BulletinForm
    list_display = ("starts_at", "ends_at", "kind", "title_in_words", "taken_back")
    list_filter = ("kind",)
    ordering = ("-starts_at",)
    written = (
        "kind", "starts_at", "ends_at", "title_sv", "title_en", "text_sv", "text_en", "taken_back",
    )  # fmt: skip

    @admin.display(description=gettext_lazy("title"))
    def title_in_words(self, row: Bulletin) -> str:
        return row.title

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

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001
        agent: Any = request.user
        publish(obj, by=agent, at=database_now())
