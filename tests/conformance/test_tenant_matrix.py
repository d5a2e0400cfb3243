"""Every route × every method × every role × two tenants, against a declared table.

A new route without a row fails. Another tenant always gets 404 (where it may ask at all), and a
session opens nothing in the API, nor a key anything on the pages.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from customers.actions.covers import About, hold, restrict
from customers.actions.keys import create_api_key
from customers.actions.members import invite, join
from customers.actions.staff import StaffDetails, add_staff
from customers.models import Hold, Restriction, Role, Scope, Target, User
from privacy.cases.steps import check_identity, decide, open_case
from privacy.erasures.steps import ask_erasure
from privacy.exports.ask import ask_for_export
from privacy.exports.collect import collect
from privacy.models import Case, CaseKind, CaseState, Erasure, SignedReceipt
from recordings.models import Recording
from smartsvar.audit.actors import SYSTEM
from smartsvar.back_office.site import support_site
from smartsvar.clock import database_now
from smartsvar.demo.apps import DemoConfig
from tests import cast
from tests.conformance.routes import Route, routes
from tests.conftest import browser
from tests.subprocessors.register import announced, company_with_file, row_of_register

pytestmark = pytest.mark.django_db(databases="__all__")

METHODS = ("get", "head", "options", "post", "put", "patch", "delete")
READ = ("get", "head")
LEVELS = {"reader": 0, "member": 1, "administrator": 2}
ROLES = (
    "anonymous", "reader", "member", "administrator", "other administrator", "support",
    "key", "key without scope", "platform key", "platform key naming nobody", "other key",
    "other key naming us",
)  # fmt: skip
KEYS = {role for role in ROLES if "key" in role}
Statuses = dict[str, int]


@dataclass(frozen=True)
class Page:
    """A page of Mina Sidor: the least role, and what each method answers to whoever has it."""

    least: str
    ok: Statuses

    def expected(self, role: str, method: str) -> int:
        if method not in self.ok:
            return 405
        if role == "anonymous" or role in KEYS:
            return 302  # to sign in: a key is nothing here
        if role in {"support", "other administrator"}:
            return 404
        return self.ok[method] if LEVELS[role] >= LEVELS[self.least] else 403


@dataclass(frozen=True)
class Own(Page):
    """A page of something its maker alone may see: to others of the house it is not there."""

    def expected(self, role: str, method: str) -> int:
        status = super().expected(role, method)
        return 404 if status == 403 else status


@dataclass(frozen=True)
class Api:
    """An address of the API: each method's scope and answer. `item`: it names an object."""

    ok: dict[str, tuple[str, int]]
    item: bool = False

    def expected(self, role: str, method: str) -> int:
        if role not in KEYS:
            return 401
        if role == "platform key naming nobody":
            return 400
        if role == "other key naming us":
            return 404
        if method not in self.ok:
            return 405
        if role == "key without scope":
            return 403
        return 404 if role == "other key" and self.item else self.ok[method][1]


@dataclass(frozen=True)
class OwnKeyApi(Api):
    """An address of the API that no platform key may use."""

    def expected(self, role: str, method: str) -> int:
        return 403 if role == "platform key" else super().expected(role, method)


@dataclass(frozen=True)
class Support:
    """A page of support's admin; everybody else is sent to sign in, or away from there."""

    ok: Statuses = field(default_factory=dict)
    otherwise: int = 200  # Django's admin answers a method that it does not know like GET

    def expected(self, role: str, method: str) -> int:
        return self.ok.get(method, self.otherwise) if role == "support" else 302


@dataclass(frozen=True)
class Open:
    """A page with nobody's data: the same for everybody."""

    ok: Statuses

    def expected(self, role: str, method: str) -> int:
        return self.ok.get(method, 405)


@dataclass(frozen=True)
class SignedIn:
    """A page of whoever is signed in, whichever role: it names no customer."""

    ok: dict[str, Statuses]

    def expected(self, role: str, method: str) -> int:
        kind = "anonymous" if role in KEYS else role
        return self.ok.get(kind, self.ok["member"]).get(method, 405)


def get(status: int = 200) -> Statuses:
    return dict.fromkeys(READ, status)


def form(post: int = 200) -> Statuses:
    """A form, then what an empty post answers: the form again (200), or done (302)."""
    return get() | {"post": post}


def scope(name: Scope, status: int = 200) -> dict[str, tuple[str, int]]:
    return dict.fromkeys(READ, (name, status))


READ_ONLY = [model for model in support_site._registry if model._meta.model_name != "customer"]
TABLE: dict[str, Page | Api | Support | Open | SignedIn] = {
    "portal:front": Open(get()),
    "portal:health": Open(get()),
    "portal:home": SignedIn({"anonymous": get(302), "member": get(302), "support": get(302)}),
    "portal:overview": Page("reader", get()),
    "portal:call": Page("reader", get()),
    "portal:message": Page("reader", get()),
    "portal:trail": Page("reader", get()),
    "privacy:home": Page("reader", get()),
    "privacy:cases": Page("reader", get()),
    "privacy:case_add": Page("reader", form()),
    "privacy:case": Own("administrator", get()),
    "privacy:case_letter": Own("administrator", get()),
    "privacy:case_file": Own("administrator", get()),
    "privacy:case_withdraw": Own("administrator", form(302)),
    "privacy:receipts": Page("reader", get()),
    "privacy:receipt_chain": Page("reader", get()),
    "privacy:receipt": Page("reader", get()),
    "privacy:receipt_keys": Open(get()),
    "privacy:receipt_verifier": Open(get()),
    "privacy:exports": Page("reader", get()),  # one's own, who is no administrator
    "privacy:export_ask": Page("reader", form()),  # about oneself
    "privacy:export": Own("administrator", get()),
    "privacy:export_part": Own("administrator", get(302)),  # to confirm the password
    "privacy:export_delete": Own("administrator", form(302)),
    "privacy:export_schema": Open(get()),
    "api:export-list": OwnKeyApi(
        scope(Scope.PRIVACY_EXPORT) | {"post": (Scope.PRIVACY_EXPORT, 400)}
    ),
    "api:export-detail": OwnKeyApi(scope(Scope.PRIVACY_EXPORT), item=True),
    "admin:privacy_export_ask": Support(),
    "privacy:find": Page("administrator", form()),
    "privacy:erasures": Page("administrator", get()),
    "privacy:erase_account": Page("administrator", form()),
    "privacy:erase_caller": Page("administrator", form()),
    "privacy:erase_one": Page("administrator", form()),
    "privacy:erasure": Page("administrator", get()),
    "privacy:erasure_cancel": Page("administrator", {"post": 302}),
    "privacy:erasure_certificate": Page("administrator", get()),
    "privacy:restrictions": Page("administrator", get()),
    "privacy:restrict_caller": Page("administrator", form()),
    "privacy:restrict_one": Page("administrator", form()),
    "privacy:restriction_lift": Page("administrator", form(302)),
    "recordings:list": Page("reader", get()),
    "recordings:audio": Page("reader", get()),
    "recordings:delete": Page("member", form(302)),
    "phone_messages:list": Page("reader", get()),
    "phone_messages:delete": Page("member", form(302)),
    "customers:staff_list": Page("reader", get()),
    "customers:staff_add": Page("member", form()),
    "customers:staff_change": Page("member", form()),
    "customers:staff_remove": Page("member", form(302)),
    "customers:members": Page("administrator", form()),
    "customers:member_role": Page("administrator", {"post": 302}),
    "customers:member_remove": Page("administrator", form(302)),
    "customers:invitation_withdraw": Page("administrator", {"post": 302}),
    "customers:keys": Page("administrator", get()),
    "customers:key_add": Page("administrator", form()),
    "customers:key_revoke": Page("administrator", form(302)),
    "customers:settings": Page("administrator", form()),
    "customers:accept_invitation": Open(get(410) | {"post": 410}),  # of a token that nobody has
    "set_language": Open(dict.fromkeys(METHODS, 302)),
    "api:recording-list": Api(
        scope(Scope.RECORDINGS_READ) | {"post": (Scope.RECORDINGS_WRITE, 415)}
    ),
    "api:recording-detail": Api(scope(Scope.RECORDINGS_READ), item=True),
    "api:recording-audio": Api(scope(Scope.RECORDINGS_AUDIO), item=True),
    "api:message-list": Api(scope(Scope.MESSAGES_READ) | {"post": (Scope.MESSAGES_WRITE, 400)}),
    "api:message-detail": Api(scope(Scope.MESSAGES_READ), item=True),
    "api:staff-list": Api(scope(Scope.STAFF_READ) | {"post": (Scope.STAFF_WRITE, 400)}),
    "api:staff-detail": Api(
        scope(Scope.STAFF_READ)
        | {
            "put": (Scope.STAFF_WRITE, 400),
            "patch": (Scope.STAFF_WRITE, 200),
            "delete": (Scope.STAFF_WRITE, 204),
        },
        item=True,
    ),
    "api:schema": Open(get()),
    "api:docs": Open(get()),
    "admin:index": Support(),
    "admin:login": SignedIn(
        {
            "anonymous": dict.fromkeys(METHODS, 302),
            "support": dict.fromkeys(METHODS, 302),
            "member": dict.fromkeys(METHODS, 403),
        }
    ),
    "admin:logout": Support(otherwise=302),
    "admin:jsi18n": Support(dict.fromkeys(("post", "put", "patch", "delete"), 405)),
    "admin:app_list": Support(),
    "admin:customers_customer_changelist": Support(),
    "admin:customers_customer_add": Support(),
    "admin:customers_customer_change": Support(),
    "admin:customers_customer_history": Support(),
    "admin:customers_customer_delete": Support(otherwise=403),
    "admin:customers_customer_resend": Support({"post": 302}, otherwise=405),
    "admin:customers_customer_contract": Support(),
    "admin:customers_customer_resume": Support({"post": 302}, otherwise=405),
    "admin:customers_restriction_place": Support(),
    "admin:customers_restriction_end": Support({"post": 302}, otherwise=405),
    "admin:customers_hold_place": Support(),
    "admin:customers_hold_end": Support({"post": 302}, otherwise=405),
    "privacy:agreement": Page("reader", get()),
    "privacy:policy": Open(get()),
    "privacy:article30": Support(get(), otherwise=405),
    "subprocessors:list": Open(get()),
    "subprocessors:notices": Page("reader", get()),
    "subprocessors:objection": Page("administrator", form()),
    "admin:subprocessors_subprocessor_agreement": Support(),
    "admin:privacy_erasure_certificate": Support(),
    "admin:privacy_signedreceipt_chain": Support(),
    "admin:privacy_case_take": Support(),
    "admin:privacy_case_read": Support({"post": 200}, otherwise=405),
    "admin:privacy_case_identity": Support(),
    "admin:privacy_case_extend": Support(),
    "admin:privacy_case_decide": Support(),
}
for _model in READ_ONLY:
    _name = f"admin:{_model._meta.app_label}_{_model._meta.model_name}"
    TABLE |= {
        f"{_name}_changelist": Support(),
        f"{_name}_add": Support(otherwise=403),
        f"{_name}_change": Support({"post": 403}),
        f"{_name}_history": Support(),
        f"{_name}_delete": Support(otherwise=403),
    }
for _name in ("subprocessor", "engagement", "notice"):
    TABLE[f"admin:subprocessors_{_name}_add"] = Support()
for _name in ("subprocessor", "engagement", "objection"):
    TABLE[f"admin:subprocessors_{_name}_change"] = Support()

# Everybody's own sign-in; nothing there belongs to a customer. django-allauth's tests are its own.
OWN_SIGN_IN = {
    "account_login", "account_logout", "account_inactive", "account_signup",
    "account_reauthenticate", "account_email", "account_email_verification_sent",
    "account_change_password", "account_set_password", "account_reset_password",
    "account_confirm_login_code", "account_confirm_email", "account_reset_password_from_key_done",
    "account_reset_password_from_key", "account_reset_password_done",
    "mfa_index", "mfa_authenticate", "mfa_reauthenticate", "mfa_activate_totp",
    "mfa_deactivate_totp", "mfa_view_recovery_codes", "mfa_generate_recovery_codes",
    "mfa_download_recovery_codes",
}  # fmt: skip
NAMED = [route for route in routes() if route.name and not route.name.startswith(DemoConfig.label)]


def call(house: cast.House) -> UUID:
    return cast.call_of(house).pk


def message(house: cast.House) -> UUID:
    return cast.message_of(house).pk


def person(house: cast.House) -> UUID:
    details = StaffDetails(name="Ture Tillfällig")
    return add_staff(house.customer, details, by=house.administrator, at=database_now()).pk


def colleague(house: cast.House) -> UUID:
    user = User.objects.create(email=f"{uuid4().hex}@kollega.example", password="!")
    return join(house.customer, user, role=Role.READER, name="Kollega", at=database_now()).pk


def invitation(house: cast.House) -> UUID:
    return invite(
        house.customer, email="ny@kollega.example", name="Ny", role=Role.READER,
        by=house.administrator, at=database_now(),
    ).pk  # fmt: skip


def request(house: cast.House) -> UUID:
    return open_case(
        house.customer, CaseKind.ACCESS, About(target=Target.CUSTOMER), by=house.administrator,
        at=database_now(),
    ).pk  # fmt: skip


def answered(house: cast.House) -> UUID:
    case = Case.objects.get(pk=request(house))
    at = database_now()
    check_identity(case, "Inloggad", by=SYSTEM, at=at)
    decide(case, CaseState.GRANTED, ground="Artikel 15.", decision="Ja.", by=SYSTEM, at=at)
    return case.pk


def key(house: cast.House) -> UUID:
    return create_api_key(
        house.customer, label="x", scopes=[], days=1, by=house.administrator, at=database_now()
    )[0].pk


def receipt(house: cast.House) -> UUID:
    chain = SignedReceipt.objects.filter(customer_id=house.customer.pk)
    return SignedReceipt.objects.create(
        customer_id=house.customer.pk, sequence=chain.count() + 1, at=database_now(), count=1,
        fact='{"deleted":[]}', digest="", signature="",
    ).pk  # fmt: skip


def export(house: cast.House) -> UUID:
    """An export that is ready; about a caller of its own, so that each is another one."""
    about = About(target=Target.CALLER, caller=f"{uuid4().hex}@export.example")
    by, at = house.administrator, database_now()
    identity: UUID = ask_for_export(house.customer, about, case=None, by=by, at=at).pk
    collect(identity)
    return identity


def erasure(house: cast.House) -> UUID:
    about = About(target=Target.RECORD, object_model=Recording._meta.label, object_id=call(house))
    asked = ask_erasure(house.customer, about, by=house.administrator, at=database_now())
    asked.certificate = {"fact": {}}
    asked.save()
    return asked.pk


def restriction(house: cast.House) -> UUID:
    about = About(target=Target.CALLER, caller="+46701740699")
    by, at = house.administrator, database_now()
    return restrict(house.customer, about, reason="x", keeps=False, by=by, at=at).pk


def held(house: cast.House) -> UUID:
    about = About(target=Target.CALLER, caller="+46701740699")
    kind, by, at = Hold.Kind.LEGAL, house.administrator, database_now()
    return hold(house.customer, about, kind=kind, reason="x", ends_at=None, by=by, at=at).pk


MADE_SO: dict[Any, Callable[[cast.House], UUID]] = {
    Restriction: restriction, Hold: held, Erasure: erasure,
}  # fmt: skip
TARGETS: dict[str, Callable[[cast.House], UUID]] = {
    "privacy:case": request, "privacy:case_withdraw": request,
    "privacy:case_letter": answered, "privacy:case_file": answered,
    "portal:call": call, "recordings:audio": call, "recordings:delete": call,
    "portal:message": message, "phone_messages:delete": message,
    "customers:staff_change": person, "customers:staff_remove": person,
    "customers:member_role": colleague, "customers:member_remove": colleague,
    "customers:invitation_withdraw": invitation, "customers:key_revoke": key,
    "api:recording-detail": call, "api:recording-audio": call, "api:message-detail": message,
    "api:staff-detail": person,
    "privacy:erase_one": call, "privacy:restrict_one": call,
    "privacy:erasure": erasure, "privacy:erasure_cancel": erasure,
    "privacy:erasure_certificate": erasure, "privacy:restriction_lift": restriction,
    "privacy:receipt": receipt,
    "privacy:export": export, "privacy:export_part": export, "privacy:export_delete": export,
    "api:export-detail": export,
}  # fmt: skip


# What belongs to no customer: parameter -> an object.
EVERYBODYS: dict[str, Callable[[], UUID]] = {
    "notice_id": lambda: announced().pk,
    "subprocessor_id": lambda: company_with_file().pk,
}


class Street:
    """Both houses, and somebody of every role who comes to Anna's."""

    def __init__(self, anna: cast.House, cecilia: cast.House, sven: User) -> None:
        self.anna, self.cecilia = anna, cecilia
        number = str(anna.customer.number)
        powerless = create_api_key(
            anna.customer, label="x", scopes=[], days=1, by=SYSTEM, at=database_now()
        )[1]
        platform = create_api_key(
            None, label="Växel", scopes=Scope.values, days=1, by=SYSTEM, at=database_now()
        )[1]
        self.keys = {
            "key": (anna.secret, ""),
            "key without scope": (powerless, ""),
            "platform key": (platform, number),
            "platform key naming nobody": (platform, ""),
            "other key": (cecilia.secret, ""),
            "other key naming us": (cecilia.secret, number),
        }
        self.people = {
            "reader": anna.reader.user,
            "member": anna.member.user,
            "administrator": anna.administrator.user,
            "other administrator": cecilia.administrator.user,
            "support": sven,
        }

    def browser(self, role: str) -> Client:
        client = browser()
        if role in self.people:
            client.force_login(self.people[role])
        if role in self.keys:
            secret, customer = self.keys[role]
            client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
            if customer:
                client.defaults["HTTP_SMARTSVAR_CUSTOMER"] = customer
        return client

    def address(self, route: Route, house: cast.House, number: int | None = None) -> str:
        """Return the route's address at this house, with an object made for the occasion."""
        values = {
            "number": str(number or house.customer.number),
            "token": "not-a-token",
            "app_label": "customers",
            "part": "1",
            "customer_id": str(house.customer.pk),
        }
        for name in route.parameters:
            if name == "object_id":
                values[name] = str(_row_of(route.admin_model, house))
            elif name in EVERYBODYS:
                values[name] = str(EVERYBODYS[name]())
            elif name not in values:
                values[name] = str(TARGETS[route.name](house))
        return route.address({name: values[name] for name in route.parameters})


def _row_of(model: Any, house: cast.House) -> Any:
    if model._meta.model_name == "customer":
        return house.customer.pk
    if model._meta.model_name == "shredjob":
        at = database_now()
        return model.objects.create(
            model="recordings.Recording", lease_until=at, created_at=at, state="claimed"
        ).pk
    if model._meta.model_name == "receipt":
        return model.objects.create(
            job_id=uuid4(), customer_id=house.customer.pk, model="x", count=1, at=database_now()
        ).pk
    if model._meta.model_name == "export":
        made = model.objects.filter(customer=house.customer).first()  # there may not be many
        return made.pk if made else export(house)
    if model in MADE_SO:
        return MADE_SO[model](house)
    if model._meta.model_name == "signedreceipt":
        return receipt(house)
    if model._meta.model_name == "purgerun":
        return model.objects.create(started_at=database_now()).pk
    if model is Case:
        return request(house)
    if model._meta.app_label == "subprocessors":
        return row_of_register(model, house.customer)
    cast.call_of(house)
    cast.message_of(house)
    return model._base_manager.order_by("pk").last().pk


@pytest.fixture
def street(anna: cast.House, cecilia: cast.House, sven: User, settings: Any) -> Street:
    settings.SUPPORT_NEEDS_SECOND_FACTOR = False
    return Street(anna, cecilia, sven)


def ask(client: Client, method: str, address: str) -> int:
    if address.startswith("/api/"):
        cache.clear()  # which counts strangers
    if address.startswith("/api/") and method in {"post", "put", "patch"}:
        response = getattr(client, method)(address, {}, content_type="application/json")
    else:
        response = getattr(client, method)(address)
    if response.streaming:  # closing it would close the test's database connection
        list(response.streaming_content)
    status: int = response.status_code
    return status


def test_every_named_route_has_a_row_and_every_row_a_route() -> None:
    names = {route.name for route in NAMED}
    assert names == TABLE.keys() | OWN_SIGN_IN
    assert not TABLE.keys() & OWN_SIGN_IN


@pytest.mark.parametrize("route", [r for r in NAMED if r.name not in OWN_SIGN_IN], ids=str)
def test_each_role_gets_what_the_table_says(route: Route, street: Street) -> None:
    row = TABLE[route.name]
    address, wrong = street.address(route, street.anna), []
    for role in ROLES:
        for method in METHODS:
            status = ask(street.browser(role), method, address)
            expected = row.expected(role, method)
            if status != expected:
                wrong.append(f"{role}: {method} gives {status}, not {expected}")
            if method not in READ and status < 400:
                address = street.address(route, street.anna)  # the old object may be gone
    assert not wrong


@pytest.mark.parametrize(
    "route", [r for r in NAMED if r.name in TARGETS and isinstance(TABLE[r.name], Page)], ids=str
)
def test_anna_gets_404_for_cecilias_object_at_her_own_address(route: Route, street: Street) -> None:
    address = street.address(route, street.cecilia, street.anna.customer.number)
    for method in TABLE[route.name].ok:
        assert ask(street.browser("administrator"), method, address) == 404, method


@pytest.mark.parametrize("route", [r for r in NAMED if r.name in TARGETS], ids=str)
def test_an_object_that_never_was_is_answered_like_another_tenants(
    route: Route, street: Street
) -> None:
    numbers = {"number": str(street.anna.customer.number)}
    unknown = {name: numbers.get(name, str(uuid4())) for name in route.parameters}
    role = "key" if isinstance(TABLE[route.name], Api) else "administrator"
    for method in TABLE[route.name].ok:
        assert ask(street.browser(role), method, route.address(unknown)) == 404, method


def test_a_customer_that_never_was_is_answered_like_annas_to_cecilia(street: Street) -> None:
    client = street.browser("other administrator")
    theirs = client.get(reverse("portal:overview", args=[street.anna.customer.number]))
    nobodys = client.get(reverse("portal:overview", args=[99999]))
    assert (theirs.status_code, nobodys.status_code) == (404, 404)
    assert len(theirs.content) == len(nobodys.content)
