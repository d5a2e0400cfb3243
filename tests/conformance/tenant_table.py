"""What each role gets at each address: a row for every named route, and none may be missing."""

from dataclasses import dataclass, field

from django.conf import settings

from customers.models import Scope
from smartsvar.back_office.site import support_site
from smartsvar.demo.apps import DemoConfig
from tests.conformance.routes import routes

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


def own_page(ok: Statuses) -> SignedIn:
    """A page about whoever is signed in, staff of ours too; others are sent to sign in."""
    return SignedIn({"anonymous": dict.fromkeys(METHODS, 302) | _refused(ok), "member": ok})


def door(ok: Statuses) -> Open:
    """A page of the broker's door, alike to all who did not just say who they are.

    Where the installation has no broker it is not there; here one that it has does not answer.
    """
    return Open(ok if settings.OIDC_ISSUER else dict.fromkeys(METHODS, 404))


def _refused(ok: Statuses) -> Statuses:
    """A method that nobody may use is told so before it is asked who asks."""
    return {method: 405 for method in METHODS if method not in ok}


READ_ONLY = [model for model in support_site._registry if model._meta.model_name != "customer"]
TABLE: dict[str, Page | Api | Support | Open | SignedIn] = {
    "portal:front": Open(get()),
    "portal:health": Open(get()),
    "portal:status": Open(get()),
    "portal:status_feed": Open(get()),
    "portal:cookies": Open(get()),
    "portal:robots": Open(get()),
    "portal:security_txt": Open(get()),
    "customers:contact": Open(form()),
    "customers:contact_thanks": Open(get()),
    "privacy:policy_versions": Open(get()),
    "privacy:policy_version": Open(get()),
    "privacy:terms": Open(get()),
    "privacy:terms_version": Open(get()),
    "privacy:accepted": Page("reader", get()),
    "privacy:terms_accept": Page("administrator", {"post": 302}),
    "admin:privacy_terms_preview": Support({"post": 302}),
    "admin:customers_enquiry_read": Support({"post": 200}, otherwise=405),
    "admin:customers_enquiry_answered": Support({"post": 302}, otherwise=405),
    "admin:customers_enquiry_erase": Support({"post": 302}),
    "portal:home": SignedIn({"anonymous": get(302), "member": get(302), "support": get(302)}),
    "portal:overview": Page("reader", get()),
    "portal:events": Page("reader", form()),
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
    "recordings:download": Page("reader", get()),
    "recordings:delete": Page("member", form(302)),
    "recordings:grant_call": Page("administrator", form()),
    "recordings:grant_period": Page("administrator", form()),
    "recordings:grant_revoke": Page("administrator", {"post": 302}),
    "portal:grants": Page("administrator", get()),
    "portal:insight": Page("reader", get()),
    # The few who may listen are named one by one: a superuser is none of them.
    "admin:recordings_listeninggrant_reason": Support(otherwise=403),
    "admin:recordings_listeninggrant_calls": Support(otherwise=403),
    "admin:recordings_listeninggrant_call": Support(otherwise=403),
    "admin:recordings_listeninggrant_audio": Support(otherwise=403),
    "phone_messages:list": Page("reader", get()),
    "phone_messages:mark_many": Page("member", {"post": 302}),
    "phone_messages:mark": Page("member", {"post": 302}),
    "phone_messages:assign": Page("member", {"post": 302}),
    "phone_messages:note": Page("member", form()),
    "phone_messages:note_change": Own("administrator", form()),
    "phone_messages:note_remove": Own("administrator", form(302)),
    "phone_messages:send_on": Page("member", form()),
    "phone_messages:delete": Page("member", form(302)),
    "customers:staff_list": Page("reader", get()),
    "customers:staff_add": Page("member", form()),
    "customers:staff_change": Page("member", form()),
    "customers:staff_remove": Page("member", form(302)),
    "customers:staff_remove_many": Page("member", {"post": 302}),  # nobody is chosen
    "customers:staff_import": Page("member", form()),
    "customers:staff_import_plan": Own("administrator", form()),  # the administrator's own
    "customers:staff_csv": Page("member", get()),
    "customers:staff_xlsx": Page("member", get()),
    "customers:absence_calendar": Page("reader", get()),
    "customers:absence_add": Page("member", form()),
    "customers:absence_change": Page("member", form()),
    "customers:absence_end": Page("member", {"post": 302}),
    "customers:absence_remove": Page("member", form()),
    "portal:address_swap": Page("administrator", form()),
    "customers:members": Page("administrator", form()),
    "customers:member_role": Page("administrator", {"post": 302}),
    "customers:member_sight": Page("administrator", form()),
    "customers:member_hand_over": Page("administrator", form(302)),
    "customers:member_remove": Page("administrator", form(302)),
    "customers:account": own_page(form()),
    "customers:account_history": own_page(get()),
    "customers:account_name": SignedIn(
        {
            "anonymous": dict.fromkeys(METHODS, 302) | _refused(form()),
            "member": form(),
            "support": form(302) | get(302),
        }
    ),
    "customers:broker_sign_in": door(form(302) | get(302)),
    "customers:broker_answer": door({"get": 302}),
    "customers:broker_refused": door(get(404)),  # for a reason that is none
    "customers:broker_connect": door(form(302) | get(302)),
    "customers:broker_disconnect": door(form(302) | get(302)),
    "customers:sessions_end": own_page({"post": 302}),
    "customers:session_end": own_page({"post": 404}),  # of a session that is nobody's
    "customers:invitation_withdraw": Page("administrator", {"post": 302}),
    "customers:invitation_send": Page("administrator", {"post": 302}),
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
    "api:message-detail": Api(
        scope(Scope.MESSAGES_READ) | {"patch": (Scope.MESSAGES_WRITE, 400)}, item=True
    ),
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
    "api:absence-list": Api(
        scope(Scope.STAFF_WRITE) | {"post": (Scope.STAFF_WRITE, 400)}, item=True
    ),
    "api:absence-detail": Api(
        scope(Scope.STAFF_WRITE)
        | {"patch": (Scope.STAFF_WRITE, 200), "delete": (Scope.STAFF_WRITE, 204)},
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
    "admin:customers_customer_invite": Support(),
    "admin:customers_customer_contract": Support(),
    "admin:customers_customer_resume": Support({"post": 302}, otherwise=405),
    "admin:customers_restriction_place": Support(),
    "admin:customers_restriction_end": Support({"post": 302}, otherwise=405),
    "admin:customers_hold_place": Support(),
    "admin:customers_hold_end": Support({"post": 302}, otherwise=405),
    "privacy:agreement": Page("reader", get()),
    # Without the version that was read it leads back to the reading.
    "privacy:agreement_sign": Page("administrator", get(302) | {"post": 302}),
    "privacy:agreement_code": Page("administrator", form()),
    "privacy:agreement_code_again": Page("administrator", {"post": 302}),
    "privacy:agreement_file": Page("administrator", get()),
    "privacy:agreement_proof": Page("administrator", get()),
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

for _name in ("privacy_terms", "bulletins_bulletin"):
    TABLE[f"admin:{_name}_add"] = Support()
    TABLE[f"admin:{_name}_change"] = Support()

# Everybody's own sign-in; nothing there belongs to a customer. django-allauth's tests are its own.
OWN_SIGN_IN = {
    "account_login", "account_logout", "account_inactive", "account_signup",
    "account_reauthenticate", "account_email", "account_email_verification_sent",
    "account_change_password", "account_set_password", "account_reset_password",
    "account_confirm_login_code", "account_confirm_email", "account_reset_password_from_key_done",
    "account_reset_password_from_key", "account_reset_password_done",
    "mfa_index", "mfa_authenticate", "mfa_reauthenticate", "mfa_activate_totp",
    "mfa_deactivate_totp", "mfa_view_recovery_codes", "mfa_generate_recovery_codes",
    "mfa_download_recovery_codes", "mfa_list_webauthn", "mfa_add_webauthn",
    "mfa_reauthenticate_webauthn", "mfa_remove_webauthn", "mfa_edit_webauthn", "mfa_login_webauthn",
}  # fmt: skip
NAMED = [route for route in routes() if route.name and not route.name.startswith(DemoConfig.label)]
