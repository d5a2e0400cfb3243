"""Support's pages of the tenant: open a customer, keep its contact details, see people and keys.

Support adds no member and changes no sign-in or delivery address, password, second factor or key:
each would be a way to the customer's calls. So none of them has a page of its own.
"""

from typing import Any, cast

from django.contrib import admin
from django.contrib import messages as flash
from django.db.models import Model, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.actions.accounts import change_details, open_customer
from customers.actions.members import NotAllowed
from customers.actions.support import first_invitation, resend_first_invitation, see_customer
from customers.forms.support import ContactForm, OpeningForm
from customers.labels import company_label
from customers.models import ApiKey, Customer, Member, User
from smartsvar.back_office.pages import CustomersRowsPages, ReadOnlyPages
from smartsvar.back_office.site import support_site
from smartsvar.clock import database_now
from smartsvar.paging import openable

SEARCHED = 5000  # names are sealed: a search by name opens this many customers at most


@admin.register(Customer, site=support_site)
class CustomerPages(ReadOnlyPages):
    list_display = ("number", "name", "opened_at", "contract")
    customer_path = "number"
    search_help_text = gettext_lazy("A customer number, or part of a company's name.")
    ordering = ("-number",)
    account = ("number", "delivery_address", "opened_at", "contract", "recording_days")
    contact = ("company_name", "organisation_number", "contact_name", "phone", "language")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return cast("QuerySet[Any]", Customer.objects.timely().order_by("-number"))

    def _named_by(self, term: str) -> Q | None:
        found = super()._named_by(term)
        if found is not None:
            return found
        newest = Customer.objects.timely().order_by("-number")[:SEARCHED]
        wanted = term.casefold()
        names = ((one.id, one.company_name.casefold()) for one in openable(list(newest)))
        return Q(id__in=[identity for identity, name in names if wanted in name])

    @admin.display(description=gettext_lazy("company name"))
    def name(self, customer: Customer) -> str:
        return company_label(customer)

    @admin.display(description=gettext_lazy("contract"), ordering="contract_ended_at")
    def contract(self, customer: Customer) -> str:
        if customer.contract_ended_at is None:
            return _("running")
        return _("ended %(day)s") % {"day": customer.contract_ended_at.date()}

    @admin.display(description=gettext_lazy("e-mail for messages (only the customer changes it)"))
    def delivery_address(self, customer: Customer) -> str:
        return customer.email or "–"

    def get_fieldsets(self, request: HttpRequest, obj: Model | None = None) -> Any:
        if obj is None:
            invited = ("administrator_name", "administrator_email")
            return [
                (_("Contracting party"), {"fields": (*self.contact, "email")}),
                (_("First administrator"), {"fields": invited}),
            ]
        return [
            (_("Account"), {"fields": self.account}),
            (_("Contracting party"), {"fields": self.contact}),
        ]

    def get_readonly_fields(
        self, request: HttpRequest, obj: Model | None = None
    ) -> tuple[str, ...]:
        return self.account if obj else ()

    def get_form(self, request: HttpRequest, obj: Any = None, *args: Any, **kwargs: Any) -> Any:
        kwargs["form"] = OpeningForm if obj is None else ContactForm
        return super().get_form(request, obj, *args, **kwargs)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.admin_site.has_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.admin_site.has_permission(request)

    def save_model(self, request: HttpRequest, obj: Customer, form: Any, change: bool) -> None:  # noqa: FBT001
        """Open the customer, or change its contact details; the address for messages stays."""
        agent = cast(User, request.user)
        at = database_now()
        if change:
            change_details(obj, form.details(obj.email), by=agent, at=at)
            return
        answers = form.cleaned_data
        open_customer(
            form.details(answers["email"]),
            administrator_email=answers["administrator_email"],
            administrator_name=answers["administrator_name"],
            by=agent,
            at=at,
            customer_id=obj.id,
        )

    def response_add(
        self, request: HttpRequest, obj: Customer, post_url_continue: Any = None
    ) -> HttpResponse:
        opened = Customer.objects.get(id=obj.id)
        told = _("Customer %(number)s is open, and its administrator is invited.")
        flash.success(request, told % {"number": opened.number})
        return redirect("admin:customers_customer_change", obj.id)

    def response_change(self, request: HttpRequest, obj: Customer) -> HttpResponse:
        told = _("Customer %(number)s is changed.") % {"number": obj.number}
        flash.success(request, told)
        return redirect("admin:customers_customer_changelist")

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> Any:
        customer = kwargs.get("obj")
        if customer is not None:
            see_customer(customer, by=cast(User, request.user), at=database_now())
            people = Member.objects.of(customer).select_related("user").order_by("joined_at")
            context |= {"people": people, "invitation": first_invitation(customer)}
            context["subtitle"] = _("Customer %(number)s") % {"number": customer.number}
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        again = self.admin_site.admin_view(self.resend)
        name = "customers_customer_resend"
        return [path("<uuid:customer_id>/resend/", again, name=name), *super().get_urls()]

    def resend(self, request: HttpRequest, customer_id: Any) -> HttpResponse:
        """Send the first invitation again, to the address it was first sent to."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        customer = self.get_queryset(request).filter(id=customer_id).first()
        if customer is None:
            raise Http404
        try:
            resend_first_invitation(customer, by=cast(User, request.user), at=database_now())
            flash.success(request, _("The invitation is sent again."))
        except NotAllowed:
            flash.error(request, _("There is no first invitation waiting to be accepted."))
        return redirect("admin:customers_customer_change", customer.id)


@admin.register(ApiKey, site=support_site)
class ApiKeyPages(CustomersRowsPages):
    list_display = (
        "prefix", "customer_number", "label", "allowed", "created_at", "expires_at", "revoked_at",
        "last_used_at",
    )  # fmt: skip
    shown = ("id", *list_display)
    ordering = ("-created_at",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = ApiKey.objects.select_related("customer").order_by("-created_at")
        return cast("QuerySet[Any]", rows.defer("secret_hash", "customer__sealed"))

    @admin.display(description=gettext_lazy("scopes"))
    def allowed(self, key: ApiKey) -> str:
        return ", ".join(key.scopes)
