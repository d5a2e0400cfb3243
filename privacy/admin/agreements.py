"""That customers have signed, for support: which version and when, never by whom nor what."""

from django.contrib import admin

from privacy.models import SignedAgreement
from smartsvar.back_office.pages import ReadOnlyPages
from smartsvar.back_office.site import support_site


@admin.register(SignedAgreement, site=support_site)
class SignedAgreementPages(ReadOnlyPages):
    list_display = ("signed_at", "customer_id", "version", "language", "ended_at")
    shown = ("id", *list_display, "due_at")
    list_filter = ("language",)
    ordering = ("-signed_at", "-id")
    date_hierarchy = "signed_at"
