"""Support's pages of the purge: its runs, what is due and overdue, and the receipts by number."""

from typing import Any, cast
from uuid import UUID

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import URLPattern, path
from django.utils.translation import pgettext

from customers.models import User
from privacy.models import PurgeRun, SignedReceipt, StorageLook
from privacy.purging.kept import kept
from privacy.purging.outlook import outlook
from privacy.receipts import files
from smartsvar.audit.trail import record
from smartsvar.back_office.pages import ReadOnlyPages
from smartsvar.back_office.site import support_site
from smartsvar.clock import database_now

SHOWN = 100  # customers of which something is kept past its date


@admin.register(PurgeRun, site=support_site)
class PurgeRunPages(ReadOnlyPages):
    list_display = ("started_at", "ended_at", "deleted", "receipts", "undone")
    shown = ("id", *list_display)
    ordering = ("-started_at", "-id")
    date_hierarchy = "started_at"
    change_list_template = "admin/privacy/purge_runs.html"

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The runs, and above them how it stands now."""
        at = database_now()
        staying = kept(at)
        facts: dict[str, Any] = {"outlook": outlook(at), "looks": StorageLook.told()}
        facts |= {"kept": staying[:SHOWN], "kept_more": staying[SHOWN:]}
        facts |= extra_context or {}
        return super().changelist_view(request, facts)


@admin.register(SignedReceipt, site=support_site)
class SignedReceiptPages(ReadOnlyPages):
    list_display = ("at", "customer_id", "sequence", "count")
    shown = ("id", *list_display, "digest")
    ordering = ("-at", "-id")
    date_hierarchy = "at"
    change_form_template = "admin/privacy/signedreceipt/change_form.html"

    def get_urls(self) -> list[URLPattern]:
        view: Any = self.admin_site.admin_view(self.chain)
        view.model_admin = self
        address = path("<uuid:object_id>/chain/", view, name="privacy_signedreceipt_chain")
        return [address, *super().get_urls()]

    def chain(self, request: HttpRequest, object_id: UUID) -> StreamingHttpResponse:
        """All of its customer's receipts as a file, for whoever can no longer sign in."""
        receipt = self.get_queryset(request).filter(id=object_id).first()
        if receipt is None:
            raise Http404
        customer, by, at = receipt.customer_id, cast(User, request.user), database_now()
        record("signedreceipt.fetched", receipt, by=by, customer_id=customer, at=at)
        answer = StreamingHttpResponse(files.chain_of(customer), content_type="application/json")
        name = f"{pgettext('file name', 'receipts')}-{customer}.json"
        answer["Content-Disposition"] = f'attachment; filename="{name}"'
        return answer
