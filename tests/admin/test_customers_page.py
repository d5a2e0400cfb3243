"""Support opens customers and keeps their contact details, and gets no further."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client
from django.urls import reverse

from customers.actions.accounts import DETAILS, CustomerDetails, change_details
from customers.actions.covers import About, end_cover, restrict
from customers.actions.members import NotAllowed
from customers.actions.support import invite_first_administrator
from customers.models import ApiKey, Customer, Invitation, Member, Role, StaffMember, Target, User
from smartsvar.audit.actors import SYSTEM
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import database_now
from smartsvar.shredding.actions import shred
from tests import cast

pytestmark = pytest.mark.django_db(databases="__all__")

LIST = "admin:customers_customer_changelist"
ADD = "admin:customers_customer_add"
CHANGE = "admin:customers_customer_change"
RESEND = "admin:customers_customer_resend"
INVITE = "admin:customers_customer_invite"

OPENING = {
    "company_name": "Trollhättans Tårtor AB",
    "organisation_number": "5560160680",
    "contact_name": "Tora Tårtlund",
    "phone": "070-174 06 07",
    "language": "sv",
    "email": "vaxel@tartor.example",
    "administrator_name": "Tora Tårtlund",
    "administrator_email": "Tora@tartor.example",
}


@pytest.fixture
def desk(sven: User, sign_in: Any, settings: Any) -> Client:
    """Sven's browser, signed in with nothing left to prove."""
    settings.SUPPORT_NEEDS_SECOND_FACTOR = False
    browser: Client = sign_in(sven)
    return browser


def verbs(thing: Any) -> list[str]:
    return list(AuditEntry.objects.filter(object_id=thing.pk).values_list("verb", flat=True))


def test_sven_opens_a_customer_and_its_first_administrator_is_invited(
    desk: Client, sven: User
) -> None:
    response = desk.post(reverse(ADD), OPENING)
    customer = Customer.objects.get()
    assert response["Location"] == reverse(CHANGE, args=[customer.id])
    assert customer.company_name == OPENING["company_name"]
    assert customer.organisation_number == "556016-0680"
    assert customer.phone == "+46701740607"
    assert customer.email == OPENING["email"]
    invitation = Invitation.objects.get()
    assert (invitation.email, invitation.role) == ("tora@tartor.example", "administrator")
    assert not Member.objects.exists()
    entry = AuditEntry.objects.get(verb="customer.opened")
    assert (entry.actor_kind, entry.actor_id) == ("support", sven.id)


def test_what_the_admin_log_keeps_of_an_opening_and_a_change_is_ids(desk: Client) -> None:
    desk.post(reverse(ADD), OPENING)
    customer = Customer.objects.get()
    desk.post(reverse(CHANGE, args=[customer.id]), OPENING | {"contact_name": "Tova Torsk"})
    kept = [(e.object_id, e.object_repr, e.change_message) for e in LogEntry.objects.all()]
    assert len(kept) == 2
    assert {object_id for object_id, _, _ in kept} == {str(customer.id)}
    assert {shown for _, shown, _ in kept} == {str(customer.id)}
    assert not any(value in str(kept) for value in OPENING.values() if len(value) > 2)
    assert "Tova" not in str(kept)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("organisation_number", "556016-0681"),
        ("organisation_number", "19800230-1234"),
        ("phone", "sip:tora@tartor.example"),
        ("phone", "withheld"),
        ("phone", "12"),
        ("email", "tora"),
        ("administrator_email", ""),
        ("administrator_email", "SVEN@support.example"),
    ],
)
def test_a_customer_is_not_opened_with_a_wrong_answer(desk: Client, field: str, value: str) -> None:
    response = desk.post(reverse(ADD), OPENING | {field: value})
    assert response.status_code == 200
    assert list(response.context["adminform"].form.errors) == [field]
    assert not Customer.objects.exists()


def test_sven_changes_annas_contact_details_but_not_where_her_messages_go(
    desk: Client, anna: cast.House
) -> None:
    before = anna.customer.email
    posted = OPENING | {"delivery_address": "sven@evil.example", "email": "sven@evil.example"}
    desk.post(reverse(CHANGE, args=[anna.customer.id]), posted)
    customer = Customer.objects.get(id=anna.customer.id)
    assert customer.company_name == OPENING["company_name"]
    assert customer.email == before
    assert "customer.changed" in verbs(customer)


def test_what_anna_changed_while_svens_page_lay_open_stays(desk: Client, anna: cast.House) -> None:
    page = reverse(CHANGE, args=[anna.customer.id])
    form = desk.get(page).context["adminform"].form
    shown = {name: form[name].value() for name in form.fields}
    told = {form[name].html_initial_name: value for name, value in shown.items()}
    stale = Customer.objects.get(id=anna.customer.id)
    changed = Customer.objects.get(id=anna.customer.id)
    changed.email, changed.contact_name = "ny@ankdamm.example", "Alva Ankdamm"
    changed.save()
    answer = desk.post(page, shown | told | {"phone": "070-174 06 99"})
    assert answer.status_code == 302
    traced = verbs(anna.customer).count("customer.changed")
    form = desk.get(page).context["adminform"].form
    shown = {name: form[name].value() for name in form.fields}
    desk.post(page, shown | {form[name].html_initial_name: shown[name] for name in shown})
    assert verbs(anna.customer).count("customer.changed") == traced, "nothing was changed"
    after = Customer.objects.get(id=anna.customer.id)
    assert (after.email, after.contact_name) == ("ny@ankdamm.example", "Alva Ankdamm")
    assert after.phone == "+46701740699"
    change_details(
        stale, CustomerDetails(**{name: getattr(stale, name) for name in DETAILS}),
        by=anna.administrator, at=database_now(), fields=["company_name"],
    )  # fmt: skip
    assert Customer.objects.get(id=anna.customer.id).email == "ny@ankdamm.example"


def test_sven_opening_annas_page_leaves_a_trace_that_anna_sees(
    desk: Client, sven: User, anna: cast.House
) -> None:
    response = desk.get(reverse(CHANGE, args=[anna.customer.id]))
    assert anna.member.user.email in response.content.decode()
    entry = AuditEntry.objects.get(verb="customer.seen", customer_id=anna.customer.id)
    assert (entry.actor_kind, entry.actor_id) == ("support", sven.id)


@pytest.mark.parametrize("extra", [{}, {"_popup": "1"}, {"_saveasnew": "1"}, {"_to_field": "id"}])
def test_sven_adds_no_member_by_posting_more_than_the_form_asks(
    desk: Client, sven: User, anna: cast.House, extra: dict[str, str]
) -> None:
    more = {
        "members-TOTAL_FORMS": "1",
        "members-INITIAL_FORMS": "0",
        "members-0-user": str(sven.id),
        "members-0-role": "administrator",
        "user": str(sven.id),
        "role": "administrator",
        "is_staff": "",
        "number": "1",
        "recording_days": "1",
        "contract_ended_at_0": "2020-01-01",
    }
    before = set(Member.objects.values_list("id", "role", "user_id"))
    invited = set(Invitation.objects.values_list("id", flat=True))
    desk.post(reverse(CHANGE, args=[anna.customer.id]), OPENING | more | extra)
    desk.post(reverse(ADD), OPENING | more | extra)
    assert set(Member.objects.values_list("id", "role", "user_id")) == before
    new = Invitation.objects.exclude(id__in=invited)  # those of newly opened customers
    assert {one.email for one in new} <= {"tora@tartor.example"}
    assert anna.customer.id not in {one.customer_id for one in new}
    customer = Customer.objects.get(id=anna.customer.id)
    assert (customer.number, customer.recording_days) == (anna.customer.number, None)
    assert customer.contract_ended_at is None


@pytest.mark.parametrize("model", [Member, User, StaffMember, Invitation])
@pytest.mark.parametrize("page", ["", "add/", "{id}/change/", "{id}/delete/", "{id}/history/"])
def test_people_and_register_have_no_pages_at_all(
    desk: Client, anna: cast.House, model: type[Any], page: str
) -> None:
    row = model.objects.first()
    address = f"/admin/customers/{model._meta.model_name}/" + page.format(id=row.pk)
    assert desk.get(address).status_code == 404
    assert desk.post(address, {"post": "yes"}).status_code == 404
    assert model.objects.filter(pk=row.pk).exists()


@pytest.mark.parametrize("page", ["add/", "{id}/delete/", "{id}/change/"])
def test_sven_neither_makes_nor_ends_nor_changes_annas_key_and_the_refusal_stays(
    desk: Client, sven: User, anna: cast.House, page: str
) -> None:
    kept = list(ApiKey.objects.values())
    address = "/admin/customers/apikey/" + page.format(id=anna.key.id)
    response = desk.post(address, {"label": "x", "scopes": "[]", "post": "yes"})
    assert response.status_code == 403
    assert list(ApiKey.objects.values()) == kept
    refusal = AuditEntry.objects.get(verb="support.refused")
    assert (refusal.actor_kind, refusal.actor_id) == ("support", sven.id)
    if "{id}" in page:
        assert (refusal.object_id, refusal.customer_id) == (anna.key.id, anna.customer.id)


def test_a_customer_can_be_deleted_by_no_page_and_no_action(desk: Client, anna: cast.House) -> None:
    one = str(anna.customer.id)
    delete = {"action": "delete_selected", "_selected_action": [one], "index": "0", "post": "yes"}
    desk.post(reverse(LIST), delete)
    response = desk.post(f"/admin/customers/customer/{one}/delete/", {"post": "yes"})
    assert response.status_code == 403
    assert Customer.objects.filter(id=one).exists()
    assert "delete_selected" not in desk.get(reverse(LIST)).content.decode()


def test_customers_are_found_by_number_and_by_part_of_the_name(
    desk: Client, anna: cast.House, cecilia: cast.House
) -> None:
    for term in (str(anna.customer.number), "ankdamm", "DAMMS BYGG"):
        found = desk.get(reverse(LIST), {"q": term}).context["cl"].result_list
        assert [one.id for one in found] == [anna.customer.id]
    for term in ("9" * 9, "9" * 5000, "ingen sådan", anna.customer.email):
        assert not desk.get(reverse(LIST), {"q": term}).context["cl"].result_list


def test_the_list_opens_all_names_with_one_question_to_the_key_store(
    desk: Client, anna: cast.House, cecilia: cast.House, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(4, using="keys"):
        page = desk.get(reverse(LIST)).content.decode()
    assert anna.customer.company_name in page
    assert cecilia.customer.company_name in page


def test_a_first_invitation_is_sent_again_to_the_same_address_until_it_is_accepted(
    desk: Client,
) -> None:
    desk.post(reverse(ADD), OPENING)
    customer, first = Customer.objects.get(), Invitation.objects.get()
    again = reverse(RESEND, args=[customer.id])
    assert desk.get(again).status_code == 405
    desk.post(again, {"email": "sven@evil.example", "administrator_email": "sven@evil.example"})
    second = Invitation.objects.get()
    assert (second.id, second.email, second.sent_at) == (first.id, "tora@tartor.example", None)
    assert bytes(second.token_hash) != bytes(first.token_hash)
    assert "member.invited_again" in verbs(second)


def test_a_first_invitation_that_ran_out_or_went_astray_is_made_anew(desk: Client) -> None:
    """Else the customer would be without an administrator for ever."""
    desk.post(reverse(ADD), OPENING)
    customer, first = Customer.objects.get(), Invitation.objects.get()
    page = reverse(INVITE, args=[customer.id])
    assert page in desk.get(reverse(CHANGE, args=[customer.id])).content.decode()
    answers = {"administrator_name": "Tova Torsk", "administrator_email": "Tova@tartor.example"}
    wrong = desk.post(page, answers | {"administrator_email": "SVEN@support.example"})
    assert list(wrong.context["form"].errors) == ["administrator_email"]
    assert desk.post(page, answers)["Location"] == reverse(CHANGE, args=[customer.id])
    second = Invitation.objects.get()
    assert (second.email, second.name, second.role) == (
        "tova@tartor.example", "Tova Torsk", Role.ADMINISTRATOR,
    )  # fmt: skip
    assert "invitation.deleted" in verbs(first)
    assert "member.invited" in verbs(second)
    shred([second], by=SYSTEM)  # as the purge does after two weeks
    desk.post(page, answers)
    third = Invitation.objects.get()
    assert third.email == "tova@tartor.example"
    pressed: dict[str, Any] = {
        "email": "tova@tartor.example",
        "name": "Tova",
        "by": SYSTEM,
        "at": database_now(),
    }
    with pytest.MonkeyPatch.context() as patch:  # a second press, past the look at what is open
        patch.setattr("customers.actions.support.withdraw_invitation", lambda *_, **__: None)
        assert invite_first_administrator(customer, **pressed) == third


def test_once_anna_has_members_her_invitations_are_hers_alone(
    desk: Client, anna: cast.House
) -> None:
    before = list(Invitation.objects.values("id", "token_hash", "created_at"))
    assert before
    desk.post(reverse(RESEND, args=[anna.customer.id]))
    page = reverse(INVITE, args=[anna.customer.id])
    answers = {"administrator_name": "Sven", "administrator_email": "sven@evil.example"}
    assert "administrator_email" not in desk.post(page, answers).content.decode()
    with pytest.raises(NotAllowed):
        invite_first_administrator(
            anna.customer, email="sven@evil.example", name="Sven", by=SYSTEM, at=database_now()
        )
    assert page not in desk.get(reverse(CHANGE, args=[anna.customer.id])).content.decode()
    assert list(Invitation.objects.values("id", "token_hash", "created_at")) == before


def test_of_a_restricted_account_sven_sees_the_number_and_changes_nothing(
    anna: cast.House, desk: Client
) -> None:
    by, at = anna.administrator, database_now()
    cover = restrict(
        anna.customer, About(target=Target.CUSTOMER), reason="x", keeps=False, by=by, at=at
    )
    change = reverse(CHANGE, args=[anna.customer.id])
    name, number = anna.customer.company_name, str(anna.customer.number)
    hidden = [
        name, anna.customer.contact_name, anna.customer.email, anna.administrator.name,
        anna.customer.organisation_number, "070-174 06 05", anna.administrator.user.email,
    ]  # fmt: skip
    pages = [desk.get(change), desk.get(reverse(LIST)), desk.get(reverse(LIST), {"q": number})]
    for shown in (page.content.decode() for page in pages):
        assert number in shown
        assert "begränsad" in shown
        assert not [each for each in hidden if each in shown]
    found = desk.get(reverse(LIST), {"q": name[:6]})
    assert list(found.context["cl"].result_list) == []
    kept = {key: value for key, value in OPENING.items() if not key.startswith("administrator")}
    assert desk.post(change, kept).status_code == 403
    assert Customer.objects.get().company_name == name
    end_cover(cover, by=by, at=at)
    assert name in desk.get(change).content.decode()
