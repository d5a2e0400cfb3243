"""The trail as support may read it: pseudonymous ids, verbs and times."""

from django.contrib import admin

from smartsvar.audit.models import AuditEntry
from smartsvar.back_office.pages import ReadOnlyPages
from smartsvar.back_office.site import support_site


@admin.register(AuditEntry, site=support_site)
class AuditEntryPages(ReadOnlyPages):
    list_display = (
        "at",
        "verb",
        "actor_kind",
        "actor_id",
        "object_model",
        "object_id",
        "customer_id",
    )
    shown = ("id", *list_display, "position")
    list_filter = ("actor_kind",)
    ordering = ("-at", "-id")
    date_hierarchy = "at"
