"""Support's pages of the tenant: open a customer, keep its contact details, see people and keys.

Support adds no member and changes no sign-in or delivery address, password, second factor or key:
each would be a way to the customer's calls. So none of them has a page of its own.
"""

from contextlib import suppress
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.contrib import admin
from django.contrib import messages as flash
from django.db.models import Model, Q, QuerySet
from django.forms import ModelForm
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.actions.accounts import change_details, open_customer
from customers.actions.contract import Ended, TooLate, end_contract, going_with, resume_contract
from customers.actions.members import NotAllowed
from customers.actions.support import (
    first_invitation,
    has_members,
    invite_first_administrator,
    resend_first_invitation,
    see_customer,
)
from customers.enquiries_admin import EnquiryPages as EnquiryPages
from customers.forms.support import (
    ContactForm,
    ContractEndForm,
    FirstAdministratorForm,
    OpeningForm,
)
from customers.labels import company_label
from customers.models import ApiKey, Customer, Member, User
from smartsvar.back_office.pages import CustomersRowsPages, ReadOnlyPages
from smartsvar.back_office.site import support_site
from smartsvar.clock import database_now
from smartsvar.paging import openable

SEARCHED = 5000  # names are sealed: a search by name opens this many customers at most


def _only_stored(customer: Any) -> bool:
    """Whether its processing is restricted: then support sees its number, and changes nothing."""
    return customer is not None and customer.restricted


@admin.register(Customer, site=support_site)
class CustomerPages(ReadOnlyPages):
    list_display = ("number", "name", "opened_at", "contract")
    customer_path = "number"
    search_help_text = gettext_lazy("A customer number, or part of a company's name.")
    ordering = ("-number",)
    account = ("number", "delivery_address", "opened_at", "contract", "recording_days")
    contact = ("company_name", "organisation_number", "contact_name", "phone", "language")
    restricted = ("number", "restriction")  # all that is shown of an account that is only stored

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return cast("QuerySet[Any]", Customer.objects.timely().order_by("-number"))

    def _named_by(self, term: str) -> Q | None:
        found = super()._named_by(term)
        if found is not None:
            return found
        newest = Customer.objects.live().order_by("-number")[:SEARCHED]
        wanted = term.casefold()
        names = ((one.id, one.company_name.casefold()) for one in openable(list(newest)))
        return Q(id__in=[identity for identity, name in names if wanted in name])

    @admin.display(description=gettext_lazy("company name"))
    def name(self, customer: Customer) -> str:
        return self.restriction(customer) if customer.restricted else company_label(customer)

    @admin.display(description=gettext_lazy("restriction"))
    def restriction(self, customer: Customer) -> str:
        return _("Processing is restricted: only stored until that is lifted.")

    @admin.display(description=gettext_lazy("contract"), ordering="contract_ended_at")
    def contract(self, customer: Customer) -> str:
        if customer.last_day is None:
            return _("running")
        return _("last day %(day)s") % {"day": customer.last_day}

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
        if _only_stored(obj):
            return [(_("Account"), {"fields": self.restricted})]
        return [
            (_("Account"), {"fields": self.account}),
            (_("Contracting party"), {"fields": self.contact}),
        ]

    def get_readonly_fields(
        self, request: HttpRequest, obj: Model | None = None
    ) -> tuple[str, ...]:
        if _only_stored(obj):
            return self.restricted
        return self.account if obj else ()

    def get_form(self, request: HttpRequest, obj: Any = None, *args: Any, **kwargs: Any) -> Any:
        kwargs["form"] = OpeningForm if obj is None else ContactForm
        if _only_stored(obj):
            kwargs["form"] = ModelForm  # which opens nothing
        return super().get_form(request, obj, *args, **kwargs)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self.admin_site.has_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return self.admin_site.has_permission(request) and not _only_stored(obj)

    def save_model(self, request: HttpRequest, obj: Customer, form: Any, change: bool) -> None:  # noqa: FBT001
        """Open the customer, or change its contact details; the address for messages stays."""
        agent = cast(User, request.user)
        at = database_now()
        if change:
            answers, changed = form.details(obj.email), form.fields_changed
            change_details(obj, answers, by=agent, at=at, fields=changed)
            return
        said = form.cleaned_data
        open_customer(
            form.details(said["email"]),
            administrator_email=said["administrator_email"],
            administrator_name=said["administrator_name"],
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
            context["invites"] = not has_members(customer)
            context["subtitle"] = _("Customer %(number)s") % {"number": customer.number}
        return super().render_change_form(request, context, *args, **kwargs)

    def get_urls(self) -> list[URLPattern]:
        guard, name = self.admin_site.admin_view, "customers_customer"
        one = "<uuid:customer_id>/"
        return [
            path(one + "resend/", guard(self.resend), name=f"{name}_resend"),
            path(one + "invite/", guard(self.invite), name=f"{name}_invite"),
            path(one + "contract/", guard(self.end), name=f"{name}_contract"),
            path(one + "contract/resume/", guard(self.resume), name=f"{name}_resume"),
            *super().get_urls(),
        ]

    def _fetch(self, request: HttpRequest, identity: UUID) -> Customer:
        found: Customer | None = self.get_queryset(request).filter(id=identity).first()
        if found is None:
            raise Http404
        return found

    def resend(self, request: HttpRequest, customer_id: Any) -> HttpResponse:
        """Send the first invitation again, to the address it was first sent to."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        customer = self._fetch(request, customer_id)
        try:
            resend_first_invitation(customer, by=cast(User, request.user), at=database_now())
            flash.success(request, _("The invitation is sent again."))
        except NotAllowed:
            flash.error(request, _("There is no first invitation waiting to be accepted."))
        return redirect("admin:customers_customer_change", customer.id)

    def invite(self, request: HttpRequest, customer_id: UUID) -> HttpResponse:
        """Invite the first administrator anew, at any address, as long as nobody has accepted."""
        customer = self._fetch(request, customer_id)
        if _only_stored(customer):
            raise Http404
        form = FirstAdministratorForm(request.POST or None)
        if request.method == "POST" and not has_members(customer) and form.is_valid():
            name, email = (form.cleaned_data[f"administrator_{each}"] for each in ("name", "email"))
            agent = cast(User, request.user)
            with suppress(NotAllowed):  # somebody accepted meanwhile: the page says so
                invite_first_administrator(
                    customer, email=email, name=name, by=agent, at=database_now()
                )
                flash.success(request, _("The first administrator is invited."))
                return redirect("admin:customers_customer_change", customer.id)
        context = self.admin_site.each_context(request) | {
            "customer": customer, "original": customer, "opts": self.opts, "form": form,
            "title": _("Invite the first administrator"), "closed": has_members(customer),
        }  # fmt: skip
        return TemplateResponse(request, "admin/customers/customer/invite.html", context)

    def end(self, request: HttpRequest, customer_id: UUID) -> HttpResponse:
        """Note the contract's last day, after a page that says what goes because of it, and when.

        Once it is noted: the same page, with a way back.
        """
        customer = self._fetch(request, customer_id)
        ends_at = customer.contract_ended_at
        form = ContractEndForm(request.POST or None, customer=customer, at=database_now())
        if ends_at is None and request.method == "POST" and form.is_valid():
            ends_at = form.ends_at
            if request.POST.get("confirmed") == form.cleaned_data["last_day"].isoformat():
                return self._end(request, customer, ends_at)
        context = self.admin_site.each_context(request) | {
            "customer": customer, "original": customer, "opts": self.opts, "form": form,
            "title": _("The contract's end"), "now": database_now(),
            "going": [] if ends_at is None else going_with(customer, ends_at),
        }  # fmt: skip
        return TemplateResponse(request, "admin/customers/customer/contract.html", context)

    def _end(self, request: HttpRequest, customer: Customer, ends_at: datetime) -> HttpResponse:
        try:
            end_contract(customer, ends_at=ends_at, by=cast(User, request.user), at=database_now())
            flash.success(request, _("The contract's end is noted."))
        except Ended:
            flash.error(request, _("The contract's end was noted already."))
        return redirect("admin:customers_customer_contract", customer.id)

    def resume(self, request: HttpRequest, customer_id: UUID) -> HttpResponse:
        """Take back that the contract ends."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        customer = self._fetch(request, customer_id)
        try:
            resume_contract(customer, by=cast(User, request.user), at=database_now())
            flash.success(request, _("The contract runs."))
        except TooLate:
            flash.error(request, _("Too late: what goes with the contract is being deleted."))
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
