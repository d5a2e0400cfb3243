"""Messages and deliveries as support sees them: states and times, never content or recipient."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from messages.models import Delivery, PhoneMessage
from smartsvar.back_office.pages import CustomersRowsPages
from smartsvar.back_office.site import support_site


@admin.register(PhoneMessage, site=support_site)
class PhoneMessagePages(CustomersRowsPages):
    list_display = ("received_at", "customer_number", "read_at", "due_at", "id")
    shown = ("id", "customer_number", "taken_at", "received_at", "read_at", "due_at")
    ordering = ("-received_at", "-id")
    date_hierarchy = "received_at"


@admin.register(Delivery, site=support_site)
class DeliveryPages(CustomersRowsPages):
    list_display = (
        "created_at", "customer_number", "channel", "state", "attempts", "error", "settled_at",
        "id",
    )  # fmt: skip
    shown = (*list_display, "message_id", "next_attempt_at", "lease_until")
    list_filter = ("state", "channel")
    ordering = ("-created_at", "-id")
    date_hierarchy = "created_at"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """A delivery is shown as long as its message is."""
        shown = PhoneMessage.objects.live().values("id")
        return super().get_queryset(request).filter(message__in=shown)
