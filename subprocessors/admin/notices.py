"""Support announces changes and answers objections."""

from typing import Any, cast

from django.contrib import admin
from django.contrib import messages as flash
from django.db.models import Count, Model, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import User
from smartsvar.back_office.pages import CustomersRowsPages, ReadOnlyPages
from smartsvar.back_office.site import support_site
from smartsvar.clock import database_now
from subprocessors.forms import AnswerForm, NoticeForm, engagement_label
from subprocessors.models import Notice, Objection, Told
from subprocessors.notices import AlreadyHandled, announce, answer


@admin.register(Notice, site=support_site)
class NoticePages(ReadOnlyPages):
    """An announcement is made once and stands; who was told is counted."""

    list_display = (
        "announced_at", "about", "kind", "takes_effect_on", "objections_until", "told", "waiting",
        "untold", "objections",
    )  # fmt: skip
    shown = ("id", *list_display)
    ordering = ("-announced_at",)
    list_select_related = ("engagement__subprocessor",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        states = Told.State
        sums = {
            "told_count": _those(states.SENT),
            "waiting_count": _those(states.QUEUED, states.CLAIMED),
            "untold_count": _those(states.UNKNOWN, states.FAILED),
            "objections_count": Count("objections", distinct=True),
        }
        return cast("QuerySet[Any]", super().get_queryset(request).annotate(**sums))

    @admin.display(description=gettext_lazy("about"))
    def about(self, row: Notice) -> str:
        return engagement_label(row.engagement)

    @admin.display(description=gettext_lazy("told"))
    def told(self, row: Any) -> int:
        return int(row.told_count)

    @admin.display(description=gettext_lazy("waiting"))
    def waiting(self, row: Any) -> int:
        return int(row.waiting_count)

    @admin.display(description=gettext_lazy("not reached"))
    def untold(self, row: Any) -> int:
        return int(row.untold_count)

    @admin.display(description=gettext_lazy("objections"))
    def objections(self, row: Any) -> int:
        return int(row.objections_count)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.admin_site.has_permission(request)

    def get_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return self.shown if obj else ("engagement", "kind", "takes_effect_on")

    def get_readonly_fields(
        self, request: HttpRequest, obj: Model | None = None
    ) -> tuple[str, ...]:
        return self.shown if obj else ()

    def get_form(self, request: HttpRequest, obj: Any = None, *args: Any, **kwargs: Any) -> Any:
        if obj is not None:
            return super().get_form(request, obj, *args, **kwargs)
        return super().get_form(request, obj, *args, **(kwargs | {"form": NoticeForm}))

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001
        made = announce(
            obj.engagement, Notice.Kind(obj.kind), obj.takes_effect_on,
            by=cast(User, request.user), at=database_now(),
        )  # fmt: skip
        obj.id = made.id
        flash.success(request, _("The change is announced; every customer is mailed."))


def _those(*states: str) -> Count:
    return Count("told", filter=Q(told__state__in=states), distinct=True)


class AnswerFilter(admin.SimpleListFilter):
    """Unanswered or answered."""

    title = gettext_lazy("answer")
    parameter_name = "answer"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("no", _("unanswered")), ("yes", _("answered"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        asked: dict[str | None, bool] = {"no": True, "yes": False}
        if self.value() not in asked:
            return queryset
        return queryset.filter(handled_at__isnull=asked[self.value()])


@admin.register(Objection, site=support_site)
class ObjectionPages(CustomersRowsPages):
    """What a customer wrote to us about a change; support answers it here, once."""

    form = AnswerForm
    list_display = ("made_at", "customer_number", "about", "outcome", "handled_at")
    shown = ("id", *list_display)
    list_filter = (AnswerFilter,)
    ordering = ("-made_at",)
    list_select_related = ("notice__engagement__subprocessor",)

    @admin.display(description=gettext_lazy("about"))
    def about(self, row: Objection) -> str:
        return engagement_label(row.notice.engagement)

    @admin.display(description=gettext_lazy("what the customer writes"))
    def reason_text(self, row: Objection) -> str:
        return str(row.reason)

    @admin.display(description=gettext_lazy("our answer"))
    def answer_text(self, row: Objection) -> str:
        return str(row.answer)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = Objection.objects.timely().select_related("customer")
        return cast("QuerySet[Any]", rows.defer("customer__sealed").order_by("-made_at"))

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Also the one filter here that is no column's."""
        own = lookup == AnswerFilter.parameter_name
        return own or super().lookup_allowed(lookup, value, request)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        head = ("made_at", "customer_number", "about", "reason_text")
        if obj is None or obj.handled_at:
            return (*head, "handled_at", "outcome", "answer_text")
        return (*head, "outcome", "answer")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        fields = self.get_fields(request, obj)
        return tuple(name for name in fields if name not in {"outcome", "answer"} or _closed(obj))

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.admin_site.has_permission(request) and not _closed(obj)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:  # noqa: FBT001
        said = form.cleaned_data
        try:
            answer(
                obj, said["outcome"], said["answer"], by=cast(User, request.user),
                at=database_now(),
            )  # fmt: skip
        except AlreadyHandled:
            flash.error(request, _("The objection has been answered already."))


def _closed(objection: Any) -> bool:
    return objection is not None and objection.handled_at is not None
