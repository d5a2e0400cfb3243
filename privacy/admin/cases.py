"""Support's desk for requests: by time left, who asks, more time, the decision.

Support reads what was asked of it, which leaves a trace; never the caller's number, nor name and
address of who asks: the customer's members see those, and the letter bears them.
"""

from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

from django import forms
from django.contrib import admin
from django.contrib import messages as flash
from django.db.models import F, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import User
from privacy.cases.clock import days_left
from privacy.cases.reading import read_wish, standing_of_asker
from privacy.cases.steps import (
    NotOpen,
    TooLate,
    Unidentified,
    check_identity,
    day_of,
    decide,
    extend,
    open_case,
)
from privacy.cases.visible import lawful_words
from privacy.forms.desk import DecisionForm, ExtensionForm, IdentityForm, TakingForm
from privacy.models import Case, CaseKind
from smartsvar.back_office.pages import LONGEST_NUMBER, CustomersRowsPages
from smartsvar.back_office.site import support_site
from smartsvar.clock import database_now

Step = Callable[..., HttpResponse]


class TimeFilter(admin.SimpleListFilter):
    """Open, overdue or closed."""

    title = gettext_lazy("time")
    parameter_name = "time"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("open", _("open")), ("overdue", _("overdue")), ("closed", _("closed"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        today = day_of(database_now())
        asked: dict[str | None, dict[str, Any]] = {
            "open": {"closed_at": None},
            "overdue": {"closed_at": None, "answer_by__lt": today},
            "closed": {"closed_at__isnull": False},
        }
        return queryset.filter(**asked.get(self.value(), {}))


@admin.register(Case, site=support_site)
class CasePages(CustomersRowsPages):
    list_display = (
        "number", "left", "customer_number", "kind", "target", "state", "answer_by", "to_tell",
    )  # fmt: skip
    shown = (
        "id", *list_display, "asker", "received_on", "object_model", "object_id", "identified_at",
        "extended_on", "decided_at", "closed_at", "hold_id",
    )  # fmt: skip
    list_filter = (TimeFilter, "kind", "state")
    ordering = (F("closed_at").desc(nulls_first=True), "answer_by", "number")
    search_help_text = gettext_lazy("A request's or customer's number, or an id, whole.")

    def _named_by(self, term: str) -> Q | None:
        """Also by the number that mails, letters and reminders name."""
        found = super()._named_by(term)
        named = term.isdecimal() and len(term) <= LONGEST_NUMBER
        return found | Q(number=int(term)) if found is not None and named else found

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Also requests of a customer whose processing is restricted: they have their time."""
        rows = Case.objects.timely().select_related("customer").order_by(*self.ordering)
        return cast("QuerySet[Any]", rows.defer("sealed", "customer__sealed"))

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest | None = None) -> bool:
        """Also the one filter here that is no column's."""
        own = lookup == TimeFilter.parameter_name
        return own or super().lookup_allowed(lookup, value, request)

    @admin.display(description=gettext_lazy("days left"), ordering="answer_by")
    def left(self, case: Case) -> str:
        if not case.open:
            return "–"
        days = days_left(case.answer_by, day_of(database_now()))
        return str(days) if days >= 0 else _("%(days)d days overdue") % {"days": -days}

    @admin.display(description=gettext_lazy("who asks"))
    def asker(self, case: Case) -> str:
        return standing_of_asker(case)

    def get_urls(self) -> list[URLPattern]:
        steps = {
            "read": self.read, "identity": self.identity, "extend": self.extend,
            "decide": self.decide,
        }  # fmt: skip
        taking = self.admin_site.admin_view(self.take)
        return [
            path("take/", taking, name="privacy_case_take"),
            *(self._address(name, view) for name, view in steps.items()),
            *super().get_urls(),
        ]

    def _address(self, name: str, view: Step) -> URLPattern:
        guarded: Any = self.admin_site.admin_view(view)
        guarded.model_admin = self
        address: URLPattern = path(
            f"<uuid:object_id>/{name}/", guarded, name=f"privacy_case_{name}"
        )
        return address

    def _fetch(self, request: HttpRequest, identity: UUID) -> Case:
        case: Case | None = self.get_queryset(request).filter(id=identity).first()
        if case is None:
            raise Http404
        return case

    def take(self, request: HttpRequest) -> HttpResponse:
        """Take in a request that came by letter or telephone."""
        at = database_now()
        form = TakingForm(request.POST or None, today=day_of(at))
        if request.method != "POST" or not form.is_valid():
            return self._page(request, None, _("Take in a request"), form=form)
        said = form.cleaned_data
        case = open_case(
            said["customer"], CaseKind(said["kind"]), form.about(), by=cast(User, request.user),
            at=at, requester=said["requester"], contact=said["contact"], wish=said["wish"],
            received_on=said["received_on"],
        )  # fmt: skip
        flash.success(request, _("The request has number %(number)d.") % {"number": case.number})
        return redirect("admin:privacy_case_change", case.id)

    def read(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Show what is asked, in the words it was asked in; the customer's log says who read it."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        case = self._fetch(request, object_id)
        wish = read_wish(case, by=cast(User, request.user), at=database_now())
        return self._page(request, case, _("What is asked"), wish=wish)

    def identity(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Note how the identity of who asks was checked."""

        def act(case: Case, form: Any) -> None:
            how = form.cleaned_data["how"]
            check_identity(case, how, by=cast(User, request.user), at=database_now())

        title = _("Identity checked")
        return self._step(request, object_id, IdentityForm(request.POST or None), act, title)

    def extend(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Take two more months; the person is told by mail."""

        def act(case: Case, form: Any) -> None:
            reason = form.cleaned_data["reason"]
            extend(case, reason, by=cast(User, request.user), at=database_now())

        title = _("Take two more months")
        return self._step(request, object_id, ExtensionForm(request.POST or None), act, title)

    def decide(self, request: HttpRequest, object_id: UUID) -> HttpResponse:
        """Write the answer, see it once more, send it."""
        case = self._fetch(request, object_id)
        form = DecisionForm(request.POST or None, identified=case.identified_at is not None)
        if request.method == "POST" and form.is_valid() and "confirmed" not in request.POST:
            state, ground, decision = form.answer()
            preview = {"verdict": lawful_words(state), "ground": ground, "decision": decision}
            return self._page(request, case, _("Send this answer?"), form=form, preview=preview)

        def act(case: Case, form: Any) -> None:
            state, ground, decision = form.answer()
            by, at = cast(User, request.user), database_now()
            decide(case, state, ground=ground, decision=decision, by=by, at=at)

        return self._step(request, object_id, form, act, _("Decide"))

    def _step(
        self, request: HttpRequest, identity: UUID, form: forms.Form,
        act: Callable[[Case, Any], None], title: str,
    ) -> HttpResponse:  # fmt: skip
        """Show the form, or act by it and return to the case; say why where it is too late."""
        case = self._fetch(request, identity)
        if request.method != "POST" or not form.is_valid():
            return self._page(request, case, title, form=form)
        try:
            act(case, form)
            flash.success(request, _("Request %(number)d is changed.") % {"number": case.number})
        except NotOpen:
            flash.error(request, _("The request is closed already."))
        except Unidentified:
            flash.error(request, _("The identity of who asks has not been checked."))
        except TooLate:
            told = _("Too late: more time can be taken once, and only within the first month.")
            flash.error(request, told)
        return redirect("admin:privacy_case_change", case.id)

    def _page(
        self, request: HttpRequest, case: Case | None, title: str, **context: Any
    ) -> TemplateResponse:
        context |= self.admin_site.each_context(request)
        context |= {"case": case, "original": case, "title": title, "opts": self.opts}
        return TemplateResponse(request, "admin/privacy/case/step.html", context)
