"""Support's pages of the purge: its runs, what is due and overdue, and the receipts by number."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from privacy.models import PurgeRun, SignedReceipt
from privacy.purging.outlook import outlook
from smartsvar.back_office.pages import ReadOnlyPages
from smartsvar.back_office.site import support_site
from smartsvar.clock import database_now


@admin.register(PurgeRun, site=support_site)
class PurgeRunPages(ReadOnlyPages):
    list_display = ("started_at", "ended_at", "deleted", "receipts", "undone")
    shown = ("id", *list_display)
    ordering = ("-started_at", "-id")
    date_hierarchy = "started_at"
    change_list_template = "admin/privacy/purge_runs.html"

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The runs, and above them how it stands now."""
        facts = (extra_context or {}) | {"outlook": outlook(database_now())}
        return super().changelist_view(request, facts)


@admin.register(SignedReceipt, site=support_site)
class SignedReceiptPages(ReadOnlyPages):
    list_display = ("at", "customer_id", "sequence", "count")
    shown = ("id", *list_display, "digest")
    ordering = ("-at", "-id")
    date_hierarchy = "at"
