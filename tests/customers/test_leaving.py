"""Who leaves leaves nothing to sign in with; whom a hold keeps has no access all the same."""

from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client
from django.urls import reverse

from customers.actions.covers import About, end_cover, hold, restrict
from customers.actions.invitations import accept_invitation, invite
from customers.actions.leaving import finish_removals, remove_member
from customers.actions.members import LastAdministrator, change_role, join
from customers.models import Hold, Member, Restriction, Role, Session, Target, User
from customers.second_factor import second_factor_of
from privacy.models import Erasure
from privacy.tasks import purge_due
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import database_now
from smartsvar.shredding import actions, ledger
from smartsvar.shredding.models import ShredJob
from smartsvar.vault.models import RecordKey
from tests import cast

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

ACCOUNT = About(target=Target.CUSTOMER)


def rut(anna: cast.House) -> About:
    return About(target=Target.MEMBER, object_model=Member._meta.label, object_id=anna.reader.id)


def removed(anna: cast.House) -> bool:
    return remove_member(anna.reader, by=anna.administrator, at=database_now())


def held(anna: cast.House, about: About) -> Hold:
    return hold(
        anna.customer, about, kind=Hold.Kind.LEGAL, reason="Tvist", ends_at=None,
        by=anna.administrator, at=database_now(),
    )  # fmt: skip


def ended(cover: Any, anna: cast.House) -> None:
    end_cover(cover, by=anna.administrator, at=database_now())


def user_of(anna: cast.House) -> Any:
    return User.objects.filter(id=anna.reader.user_id)


def english(browser: Client) -> Client:
    browser.cookies.load({"language": "en"})
    return browser


def overview(anna: cast.House, browser: Client) -> int:
    return browser.get(reverse("portal:overview", args=[anna.customer.number])).status_code


def test_with_ruts_last_membership_goes_her_sign_in_and_all_that_hangs_on_it(
    anna: cast.House, sign_in: Any
) -> None:
    user = anna.reader.user
    with second_factor_of(user):
        TOTP.activate(user, generate_totp_secret())
    browser = sign_in(anna.reader)
    assert removed(anna)
    assert not user_of(anna).exists()
    assert not EmailAddress.objects.filter(email=user.email).exists()
    assert not Authenticator.objects.exists()
    assert not RecordKey.objects.filter(object_id=user.id).exists()
    assert not Session.objects.exists()
    assert overview(anna, browser) == 302


def test_a_member_elsewhere_keeps_the_sign_in_and_the_session(
    anna: cast.House, cecilia: cast.House, sign_in: Any
) -> None:
    user = anna.reader.user
    join(cecilia.customer, user, role=Role.READER, name="Rut", at=database_now())
    browser = sign_in(user)
    assert removed(anna)
    assert overview(cecilia, browser) == 200
    assert overview(anna, browser) == 404


def test_rut_is_invited_again_by_the_same_address(anna: cast.House) -> None:
    address = anna.reader.user.email
    removed(anna)
    by, at = anna.administrator, database_now()
    invitation = invite(anna.customer, email=address, name="Rut", role=Role.READER, by=by, at=at)
    again = accept_invitation(invitation, user=None, password=cast.PASSWORD, name="Rut", at=at)
    assert again.user.email == address
    assert again.user_id != anna.reader.user_id
    purge_due()
    assert User.objects.filter(id=again.user_id).exists()


def test_an_administrator_who_leaves_is_signed_out_and_told_so(
    anna: cast.House, sign_in: Any
) -> None:
    Member.objects.filter(id=anna.member.id).update(role=Role.ADMINISTRATOR)
    browser = english(sign_in(anna.administrator))
    address = reverse("customers:member_remove", args=[anna.customer.number, anna.administrator.id])
    answer = browser.post(address, follow=True)
    assert answer.status_code == 200
    assert "is no longer a member." in answer.content.decode()
    assert not User.objects.filter(id=anna.administrator.user_id).exists()
    assert "_auth_user_id" not in browser.session


def test_a_purged_membership_ends_the_sign_in_too(anna: cast.House) -> None:
    actions.shred([anna.reader], by=anna.administrator)
    assert user_of(anna).exists()
    purge_due()
    assert not user_of(anna).exists()
    assert User.objects.filter(id=anna.member.user_id).exists()


def test_a_removal_that_stops_half_way_ends_the_sign_in_with_the_next_purge(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(*args: Any) -> str:
        raise OSError("the ledger is away")

    with monkeypatch.context() as patch:
        patch.setattr(ledger, "intend", away)
        with pytest.raises(OSError, match="away"):
            removed(anna)
        purge_due()
        assert user_of(anna).exists(), "its membership is still a row"
    ShredJob.objects.update(lease_until=database_now() - timedelta(seconds=1))
    purge_due()
    assert not user_of(anna).exists()


@pytest.mark.parametrize("about", [rut, lambda anna: ACCOUNT], ids=["hers", "the account's"])
def test_under_a_hold_rut_loses_access_at_once_and_the_rest_when_it_ends(
    anna: cast.House, sign_in: Any, about: Any
) -> None:
    call = cast.call_of(anna)
    hers, browser = sign_in(anna.reader), english(sign_in(anna.administrator))
    cover = held(anna, about(anna))
    number = anna.customer.number
    sound = reverse("recordings:audio", args=[number, call.id])
    assert hers.get(sound).status_code == 200
    address = reverse("customers:member_remove", args=[number, anna.reader.id])
    assert "A hold keeps the record of the membership" in browser.get(address).content.decode()
    said = browser.post(address, follow=True).content.decode()
    assert "has no access any more, and is removed once no hold keeps it." in said
    assert (overview(anna, hers), hers.get(sound).status_code) == (302, 302)
    assert overview(anna, sign_in(anna.reader)) == 404, "nor with a new session"
    listed = browser.get(reverse("privacy:restrictions", args=[number])).content.decode()
    assert "removed when no hold keeps it" in listed
    purge_due()
    assert Member._base_manager.filter(id=anna.reader.id).exists()
    ended(cover, anna)
    purge_due()
    assert not Member._base_manager.filter(id=anna.reader.id).exists()
    assert not user_of(anna).exists()
    assert not Restriction.objects.in_force().exists()
    told = AuditEntry.objects.filter(verb="member.deleted", object_id=anna.reader.id)
    assert told.count() == 1


def test_a_removal_under_a_hold_is_taken_back_by_lifting_it(anna: cast.House, sign_in: Any) -> None:
    cover = held(anna, ACCOUNT)
    assert removed(anna) is False
    browser = english(sign_in(anna.administrator))
    restriction = Restriction.objects.get()
    lift = reverse("privacy:restriction_lift", args=[anna.customer.number, restriction.id])
    assert "The person is a member again" in browser.get(lift).content.decode()
    browser.post(lift)
    ended(cover, anna)
    assert finish_removals(database_now()) == 0
    assert overview(anna, sign_in(anna.reader)) == 200


def test_the_last_administrator_stays_under_a_hold_too(anna: cast.House) -> None:
    held(anna, ACCOUNT)
    with pytest.raises(LastAdministrator):
        remove_member(anna.administrator, by=anna.administrator, at=database_now())
    assert not Restriction.objects.exists()
    assert not Erasure.objects.exists()


def test_what_was_restricted_and_is_gone_is_restricted_no_more(anna: cast.House) -> None:
    call, by, at = cast.call_of(anna), anna.administrator, database_now()
    stina = About(target=Target.STAFF, object_model=anna.staff._meta.label, object_id=anna.staff.id)
    record = About(target=Target.RECORD, object_model=call._meta.label, object_id=call.id)
    caller = About(target=Target.CALLER, caller=cast.PLANTED_NUMBER)
    hers, others = (
        restrict(anna.customer, about, reason="Bestrids", keeps=False, by=by, at=at).id
        for about in (stina, record)
    )
    restrict(anna.customer, caller, reason="Bestrids", keeps=False, by=by, at=at)
    actions.shred([anna.staff], by=by)
    purge_due()
    ended = Restriction.objects.get(id=hers)
    assert ended.ended_at is not None
    assert ended.due_at is not None, "and it goes in its own time"
    in_force = Restriction.objects.in_force()
    assert in_force.filter(id=others).exists()
    assert in_force.count() == 2


def test_a_stale_copy_does_not_take_the_last_administrator_away(anna: cast.House) -> None:
    """Two requests at once, each with its own copy: what counts is the role under the lock."""
    stale = [Member.objects.get(id=anna.member.id) for _ in range(2)]
    fresh = Member.objects.get(id=anna.member.id)
    change_role(fresh, Role.ADMINISTRATOR, by=anna.administrator, at=database_now())
    remove_member(anna.administrator, by=anna.administrator, at=database_now())
    with pytest.raises(LastAdministrator):
        change_role(stale[0], Role.READER, by=fresh, at=database_now())
    with pytest.raises(LastAdministrator):
        remove_member(stale[1], by=fresh, at=database_now())
    assert Member.objects.filter(role=Role.ADMINISTRATOR).count() == 1


def test_support_does_not_let_in_again_whom_the_customer_removed(
    anna: cast.House, sven: User, sign_in: Any, settings: Any
) -> None:
    settings.SUPPORT_NEEDS_SECOND_FACTOR = False
    held(anna, ACCOUNT)
    assert remove_member(anna.member, by=anna.administrator, at=database_now()) is False
    removal, desk = Restriction.objects.get(removes=True), sign_in(sven)
    page = desk.get(reverse("admin:customers_restriction_change", args=[removal.id]))
    assert (
        reverse("admin:customers_restriction_end", args=[removal.id]) not in page.content.decode()
    )
    ended = desk.post(reverse("admin:customers_restriction_end", args=[removal.id]))
    assert ended.status_code == 404
    overview = reverse("portal:overview", args=[anna.customer.number])
    assert sign_in(anna.member).get(overview).status_code == 404
