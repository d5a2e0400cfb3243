"""The ground floor as support may read it: the trail, what is being destroyed, what has been."""

from django.contrib import admin

from smartsvar.audit.models import AuditEntry
from smartsvar.back_office.pages import ReadOnlyPages
from smartsvar.back_office.site import support_site
from smartsvar.shredding.models import Receipt, ShredJob


@admin.register(AuditEntry, site=support_site)
class AuditEntryPages(ReadOnlyPages):
    list_display = ("at", "verb", "actor_kind", "object_model", "object_id")
    shown = ("id", *list_display, "actor_id", "customer_id", "position")
    list_filter = ("actor_kind",)
    ordering = ("-at", "-id")
    date_hierarchy = "at"


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
