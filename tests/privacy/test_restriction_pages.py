"""Restrictions in the portal, restrictions and holds by support, and what a hold says at doors."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers.actions.covers import About, hold, restrict
from customers.actions.invitations import accept_invitation, invite
from customers.models import Customer, Hold, Invitation, Member, Restriction, Target
from messages.models import Delivery, PhoneMessage
from privacy.erasures.work import carry_on
from privacy.exports.ask import ask_for_export
from privacy.models import Erasure
from recordings.models import Recording
from recordings.receiving import begin_upload
from smartsvar.clock import database_now
from smartsvar.shredding.claims import claim_rows
from tests import cast
from tests.conformance.planted import found_in
from tests.conformance.routes import routes
from tests.conformance.tenant_targets import TARGETS

pytestmark = pytest.mark.django_db(databases="__all__")

ACCOUNT = About(target=Target.CUSTOMER)


def page(name: str, house: cast.House, *ids: Any) -> str:
    return reverse(f"privacy:{name}", args=[house.customer.number, *ids])


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


@pytest.fixture
def browser(anna: cast.House, sign_in: Any) -> Client:
    client: Client = sign_in(anna.administrator)
    client.cookies.load({"language": "en"})
    return client


@pytest.fixture
def desk(sven: Any, sign_in: Any, settings: Any) -> Client:
    """Sven's browser."""
    settings.SUPPORT_NEEDS_SECOND_FACTOR = False
    client: Client = sign_in(sven)
    client.cookies.load({"language": "en"})
    return client


def held(house: cast.House, about: About = ACCOUNT) -> Hold:
    return hold(
        house.customer, about, kind=Hold.Kind.LEGAL, reason="Tvist om taket", ends_at=None,
        by=house.administrator, at=database_now(),
    )  # fmt: skip


def test_anna_restricts_zacharias_and_lifts_it(anna: cast.House, browser: Client) -> None:
    cast.call_of(anna)
    assert "Nothing is restricted" in text(browser.get(page("restrictions", anna)))
    number = {"caller": "070-174 06 66"}
    assert "Restrict 070-174 06 66?" in text(browser.post(page("restrict_caller", anna), number))
    said = number | {"reason": "Säger att det inte var han", "keeps": "on"}
    browser.post(page("restrict_caller", anna), said)
    cover = Restriction.objects.get()
    assert (cover.caller, cover.keeps) == (cast.PLANTED_NUMBER, True)
    assert not Recording.objects.of(anna.customer).exists()
    listed = text(browser.get(page("restrictions", anna)))
    assert "070-174 06 66" in listed
    assert "kept past its time" in listed
    assert "Säger att det inte var han" in listed
    browser.post(page("restriction_lift", anna, cover.id))
    assert Recording.objects.of(anna.customer).exists()
    assert browser.post(page("restriction_lift", anna, cover.id)).status_code == 404


def test_a_ground_is_asked_for(anna: cast.House, browser: Client) -> None:
    browser.post(page("restrict_one", anna, anna.staff.id), {"reason": " "})
    assert not Restriction.objects.exists()


def test_a_restricted_member_is_erased_without_being_let_in_again(
    anna: cast.House, browser: Client
) -> None:
    rut = About(target=Target.MEMBER, object_model=Member._meta.label, object_id=anna.reader.id)
    restrict(anna.customer, rut, reason="x", keeps=False, by=anna.administrator, at=database_now())
    members = reverse("customers:members", args=[anna.customer.number])
    listed = text(browser.get(members))
    assert anna.reader.user.email not in listed
    assert page("restrictions", anna) in listed
    erase = page("erase_one", anna, anna.reader.id)
    assert erase in text(browser.get(page("restrictions", anna)))
    browser.post(erase, {"confirm": anna.reader.name, "mentions": "stay"})
    assert carry_on(Erasure.objects.get().id, database_now()) == "done"
    assert not Member._base_manager.filter(id=anna.reader.id).exists()
    assert not Restriction.objects.in_force().exists()


def test_what_a_restriction_does_not_change_is_not_said_to_be_restricted(
    anna: cast.House, browser: Client, desk: Client
) -> None:
    at, by = database_now(), anna.administrator
    export = ask_for_export(anna.customer, ACCOUNT, case=None, by=by, at=at)
    assert browser.post(page("restrict_one", anna, export.id), {"reason": "x"}).status_code == 404
    asked = {"customer": anna.customer.number, "object_id": export.id, "reason": "x"}
    shown = text(desk.post(reverse("admin:customers_restriction_place"), asked))
    assert "nothing that a restriction would change" in shown
    assert not Restriction.objects.exists()


@pytest.mark.parametrize("day", ["9999-12-31", "9999-12-30", "2150-01-01"])
def test_support_holds_nothing_until_the_end_of_time(
    anna: cast.House, desk: Client, day: str
) -> None:
    asked = {"customer": anna.customer.number, "whole": "on", "reason": "x", "ends_on": day}
    shown = desk.post(reverse("admin:customers_hold_place"), asked)
    assert shown.status_code == 200
    assert "too far ahead" in text(shown)
    assert not Hold.objects.exists()


def test_a_restricted_person_is_named_where_it_is_lifted_and_only_there(
    anna: cast.House, browser: Client
) -> None:
    browser.post(page("restrict_one", anna, anna.staff.id), {"reason": "x"})
    assert anna.staff.name in text(browser.get(page("restrictions", anna)))
    register = reverse("customers:staff_list", args=[anna.customer.number])
    assert anna.staff.name not in text(browser.get(register))


def test_the_last_administrator_is_not_locked_out(anna: cast.House, browser: Client) -> None:
    answer = browser.post(page("restrict_one", anna, anna.administrator.id), {"reason": "x"})
    assert "There must be an administrator" in text(answer)
    assert not Restriction.objects.exists()


def test_a_restricted_member_is_not_invited_again_nor_made_twice(anna: cast.House) -> None:
    about = About(target=Target.MEMBER, object_model=Member._meta.label, object_id=anna.member.id)
    by, at = anna.administrator, database_now()
    restrict(anna.customer, about, reason="x", keeps=False, by=by, at=at)
    email = anna.member.user.email
    invitation = invite(anna.customer, email=email, name="B", role="member", by=by, at=at)
    accept_invitation(invitation, user=anna.member.user, password="", name="B", at=at)
    assert Member.objects.filter(customer=anna.customer, user=anna.member.user).count() == 1


def test_messages_to_a_restricted_person_wait(anna: cast.House) -> None:
    cast.message_of(anna, staff=anna.staff)
    about = About(target=Target.STAFF, object_model=anna.staff._meta.label, object_id=anna.staff.id)
    assert Delivery.objects.waiting(database_now()).exists()
    by, at = anna.administrator, database_now()
    restrict(anna.customer, about, reason="x", keeps=False, by=by, at=at)
    assert not Delivery.objects.waiting(database_now()).exists()


def test_support_restricts_and_lifts_a_whole_account(anna: cast.House, desk: Client) -> None:
    cast.call_of(anna)
    place = reverse("admin:customers_restriction_place")
    desk.post(place, {"customer": anna.customer.number, "whole": "on", "reason": "Avstängd"})
    assert Customer.objects.get(id=anna.customer.id).restricted
    cover = Restriction.objects.get()
    shown = text(desk.get(reverse("admin:customers_restriction_change", args=[cover.id])))
    assert "Avstängd" not in shown
    desk.post(reverse("admin:customers_restriction_end", args=[cover.id]))
    assert Recording.objects.of(anna.customer).exists()


def test_a_restriction_by_support_is_not_lifted_by_the_customer(
    anna: cast.House, desk: Client, browser: Client
) -> None:
    place = reverse("admin:customers_restriction_place")
    desk.post(place, {"customer": anna.customer.number, "whole": "on", "reason": "Avstängd"})
    cover = Restriction.objects.get()
    assert browser.get(page("restrictions", anna)).status_code == 200
    assert browser.post(page("restriction_lift", anna, cover.id)).status_code == 404


def test_support_holds_one_call_until_a_day(anna: cast.House, desk: Client) -> None:
    call = cast.call_of(anna)
    place = reverse("admin:customers_hold_place")
    said = {
        "customer": anna.customer.number, "object_id": str(call.id), "reason": "Tvist",
        "ends_on": "2099-03-31",
    }  # fmt: skip
    assert "This day is over." in text(desk.post(place, said | {"ends_on": "2020-01-01"}))
    assert "nothing with this id" in text(desk.post(place, said | {"object_id": call.key_id}))
    assert not Hold.objects.exists()
    desk.post(place, said)
    placed = Hold.objects.get()
    assert placed.ends_at is not None
    assert placed.ends_at.isoformat() == "2099-03-31T22:00:00+00:00"
    assert Recording.objects.get().held
    desk.post(reverse("admin:customers_hold_end", args=[placed.id]))
    assert not Recording.objects.get().held


@pytest.mark.parametrize("typed", ["070-174 06 66", " Zacharias@Planterad.example "])
@pytest.mark.parametrize("kind", ["restriction", "hold"])
def test_support_places_one_about_a_caller_and_does_not_see_who_it_was(
    anna: cast.House, desk: Client, kind: str, typed: str
) -> None:
    message = cast.message_of(anna)
    place = reverse(f"admin:customers_{kind}_place")
    said = {"customer": anna.customer.number, "caller": typed, "reason": "Brev"}
    desk.post(place, said)
    flag = {"restriction": "restricted", "hold": "held"}[kind]
    assert getattr(PhoneMessage.objects.get(id=message.id), flag)
    cover = {"restriction": Restriction, "hold": Hold}[kind].objects.get()
    assert cover.target == Target.CALLER
    change = reverse(f"admin:customers_{kind}_change", args=[cover.id])
    for address in (change, reverse(f"admin:customers_{kind}_changelist")):
        assert not found_in(desk.get(address).content)
    desk.post(reverse(f"admin:customers_{kind}_end", args=[cover.id]))
    assert not getattr(PhoneMessage.objects.get(id=message.id), flag)


@pytest.mark.parametrize("typed", ["hemligt", "12", "@"])
@pytest.mark.parametrize("kind", ["restriction", "hold"])
def test_who_is_nobody_does_not_become_the_whole_account(
    anna: cast.House, desk: Client, kind: str, typed: str
) -> None:
    place = reverse(f"admin:customers_{kind}_place")
    said = {"customer": anna.customer.number, "caller": typed, "reason": "Brev"}
    assert list(desk.post(place, said).context["form"].errors) == ["caller"]
    right = said | {"caller": cast.PLANTED_NUMBER}
    several = [{"object_id": str(anna.staff.id)}, {"whole": "on"}, {"caller": ""}]
    for wrong in several:  # and the last is about nobody at all
        assert list(desk.post(place, right | wrong).context["form"].errors) == ["object_id"]
    assert not Restriction.objects.exists()
    assert not Hold.objects.exists()


@pytest.mark.parametrize("kind", ["restriction", "hold"])
def test_support_is_told_what_came_too_late(anna: cast.House, desk: Client, kind: str) -> None:
    call = cast.call_of(anna)
    claim_rows(Recording, [call.id], by=anna.administrator, at=database_now())
    place = reverse(f"admin:customers_{kind}_place")
    said = {"customer": anna.customer.number, "caller": cast.PLANTED_NUMBER, "reason": "Brev"}
    told = text(desk.post(place, said, follow=True))
    assert "1 record about the caller is being deleted already" in told
    Customer.objects.filter(id=anna.customer.id).update(going_since=database_now())
    refused = text(desk.post(place, said | {"caller": "", "whole": "on"}))
    assert "It is being deleted already." in refused


def test_anna_is_told_what_came_too_late(anna: cast.House, browser: Client) -> None:
    call = cast.call_of(anna)
    claim_rows(Recording, [call.id], by=anna.administrator, at=database_now())
    said = {"caller": "070-174 06 66", "reason": "x"}
    told = text(browser.post(page("restrict_caller", anna), said, follow=True))
    assert "1 record about the caller is being deleted already" in told


DELETING = re.compile(r"(delete|remove|withdraw)$")
# The row stays, and nobody gets in by it: tests/customers/test_leaving.py, test_held_account.py.
ENDS_ACCESS = ("customers:member_remove", "customers:invitation_withdraw")
SAID = {"customers:staff_remove": "nothing of what the register says can be removed"}


@pytest.mark.parametrize(
    "route",
    [
        route
        for route in routes()
        if route.name in TARGETS
        and DELETING.search(route.name)
        and not route.name.startswith(("privacy:", "admin:", *ENDS_ACCESS))
    ],
    ids=str,
)
def test_every_page_that_deletes_says_plainly_that_a_hold_keeps_it(
    route: Any, anna: cast.House, browser: Client
) -> None:
    thing = TARGETS[route.name](anna)
    held(anna)
    address = reverse(route.name, args=[anna.customer.number, thing])
    answer = browser.post(address)
    assert answer.status_code == 409
    assert SAID.get(route.name, "This cannot be deleted now") in text(answer)


def test_the_api_says_409_held(anna: cast.House, client: Client) -> None:
    held(anna)
    answer = client.delete(
        reverse("api:staff-detail", args=[anna.staff.id]),
        headers={"Authorization": f"Bearer {anna.secret}"},
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "held")


def test_under_a_hold_an_invitation_still_works_once_and_an_upload_still_ends(
    anna: cast.House,
) -> None:
    at = database_now()
    invitation = invite(
        anna.customer, email="ny@ankdamm.example", name="Ny", role="reader",
        by=anna.administrator, at=at,
    )  # fmt: skip
    link = bytes(invitation.token_hash)
    placed = held(anna)
    accept_invitation(invitation, user=None, password=cast.PASSWORD, name="Ny", at=at)
    assert not Invitation.objects.filter(token_hash=link).exists()
    upload = begin_upload(anna.customer, at=at)
    upload.abandon(by=anna.key)
    assert Recording.objects.count() == 1
    assert placed.ended_at is None
