"""What is being destroyed and what has been: batches and counts."""

from django.contrib import admin

from smartsvar.back_office.pages import ReadOnlyPages
from smartsvar.back_office.site import support_site
from smartsvar.shredding.models import Receipt, ShredJob


@admin.register(ShredJob, site=support_site)
class ShredJobPages(ReadOnlyPages):
    list_display = ("created_at", "model", "reason", "state", "lease_until")
    shown = ("id", *list_display, "actor_kind", "actor_id", "fence")
    list_filter = ("state", "reason")
    ordering = ("-created_at",)


@admin.register(Receipt, site=support_site)
class ReceiptPages(ReadOnlyPages):
    list_display = ("at", "customer_id", "model", "reason", "count")
    shown = ("id", *list_display, "job_id")
    list_filter = ("model", "reason")
    ordering = ("-at",)
    date_hierarchy = "at"
