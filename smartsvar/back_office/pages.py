"""Pages to read by: no adding, changing, deleting, actions, or search in what is not shown."""

import re
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from smartsvar.shredding.models import Shreddable

LONGEST_NUMBER = 9  # digits of a customer number
ASKED = {"", "exact", "isnull"}  # by the links of Django's filters
# By the links of its dates. Django answers 500 to a year whose next one no calendar has.
DATE_PART = {
    "year": re.compile(r"[12]\d{3}"), "month": re.compile(r"\d\d?"), "day": re.compile(r"\d\d?"),
}  # fmt: skip


class ReadOnlyPages(admin.ModelAdmin):  # type: ignore[type-arg]
    """A list and a page per object with the metadata named in `shown`, and nothing to press.

    `customer_path` leads from the row to the customer's number; "" where there is none. Sealed
    values are neither loaded nor opened.
    """

    shown: ClassVar[tuple[str, ...]] = ()
    customer_path: ClassVar[str] = ""
    search_help_text = _("A customer number or an id, whole.")
    actions = None
    view_on_site = False
    list_per_page = 50
    show_full_result_count = False

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return self.shown

    def get_readonly_fields(
        self, request: HttpRequest, obj: Model | None = None
    ) -> tuple[str, ...]:
        return self.shown

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """Non-empty, so that there is a search box; `get_search_results` says what is searched."""
        return ("id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Only rows that are still there for every other door too, their envelopes left unread."""
        rows: QuerySet[Any] = self.model._base_manager.all()
        if issubclass(self.model, Shreddable):
            rows = self.model.objects.live().defer("sealed")
        return rows.order_by(*(self.ordering or ()))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        term = search_term.strip()
        if not term:
            return queryset, False
        wanted = self._named_by(term)
        return (queryset.none() if wanted is None else queryset.filter(wanted)), False

    def _named_by(self, term: str) -> Q | None:
        if self.customer_path and term.isdecimal() and len(term) <= LONGEST_NUMBER:
            return Q(**{self.customer_path: int(term)})
        try:
            return Q(pk=UUID(term))
        except ValueError:
            return None

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Allow what the page's own links ask. Django would allow every column of the row, and
        with it questions about hashes, envelopes and blind indexes; and of a column that is
        offered every question, also one that no database answers."""
        offered = {name for name in self.list_filter if isinstance(name, str)}
        path, _, question = lookup.partition("__")
        if self.date_hierarchy and path == self.date_hierarchy:
            return question in DATE_PART and bool(DATE_PART[question].fullmatch(value))
        return path in offered and question in ASKED

    def to_field_allowed(self, request: HttpRequest, to_field: str) -> bool:
        return False

    def has_view_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.admin_site.has_permission(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.admin_site.has_permission(request)


class CustomersRowsPages(ReadOnlyPages):
    """Pages of rows that belong to a customer, whose number stands first."""

    customer_path = "customer__number"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request).select_related("customer")
        return rows.defer("sealed", "customer__sealed")

    @admin.display(description=_("customer"), ordering="customer__number")
    def customer_number(self, row: Any) -> str:
        return str(row.customer.number) if row.customer_id else "–"
