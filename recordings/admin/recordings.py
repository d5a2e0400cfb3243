"""Recordings as support sees them: metadata, never who called nor what was said."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from recordings.models import Recording
from smartsvar.back_office.pages import CustomersRowsPages
from smartsvar.back_office.site import support_site
from smartsvar.counts import file_size


@admin.register(Recording, site=support_site)
class RecordingPages(CustomersRowsPages):
    list_display = (
        "received_at", "customer_number", "length", "bytes", "audio_format", "state", "due_at",
        "id",
    )  # fmt: skip
    shown = (
        "id", "customer_number", "started_at", "ended_at", "received_at", "length", "bytes",
        "audio_format", "state", "due_at",
    )  # fmt: skip
    list_filter = ("state", "audio_format")
    ordering = ("-received_at", "-id")
    date_hierarchy = "received_at"

    @admin.display(description=_("duration"), ordering="duration_ms")
    def length(self, recording: Recording) -> str:
        minutes, seconds = divmod(recording.duration_ms // 1000, 60)
        return f"{minutes}:{seconds:02}"

    @admin.display(description=_("size"), ordering="size")
    def bytes(self, recording: Recording) -> str:
        return file_size(recording.size)
