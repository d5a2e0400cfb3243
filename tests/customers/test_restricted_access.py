"""While an account is restricted its administrators still decide who has access: less of it."""

from typing import Any

import pytest

from customers.actions.covers import About, restrict
from customers.actions.invitations import find_invitation, invitations_of, invite
from customers.actions.members import change_role
from customers.models import ApiKey, Member, Role, Target
from smartsvar.clock import database_now
from tests import cast
from tests.customers.register_files import url

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


@pytest.fixture
def restricted(anna: cast.House) -> cast.House:
    """Anna's house, restricted, with Bertil as a second administrator and Nina invited."""
    by, at = anna.administrator, database_now()
    change_role(anna.member, Role.ADMINISTRATOR, by=by, at=at)
    made = invite(
        anna.customer, email="nina@ankdamm.example", name="Nina", role=Role.READER, by=by, at=at
    )
    anna.extra["invitation"] = made
    anna.extra["token"] = made.token
    account = About(target=Target.CUSTOMER)
    restrict(anna.customer, account, reason="Bestrids", keeps=False, by=by, at=at)
    anna.customer.refresh_from_db()
    return anna


def test_a_dismissed_administrator_is_removed(restricted: cast.House, sign_in: Any) -> None:
    browser, gone = sign_in(restricted.administrator), sign_in(restricted.member)
    page = browser.get(url(restricted, "members")).content.decode()
    path = url(restricted, "member_remove", restricted.member.pk)
    assert path in page
    assert browser.get(path).status_code == 200
    assert browser.post(path).status_code == 302
    assert not Member._base_manager.filter(pk=restricted.member.pk).exists()
    assert gone.get(url(restricted, "members")).status_code == 302, "to sign in"


def test_the_last_administrator_of_a_restricted_account_stays(
    restricted: cast.House, sign_in: Any
) -> None:
    browser = sign_in(restricted.administrator)
    browser.post(url(restricted, "member_remove", restricted.member.pk))
    browser.post(url(restricted, "member_remove", restricted.administrator.pk))
    assert Member._base_manager.filter(pk=restricted.administrator.pk).exists()


def test_an_invitation_is_withdrawn(restricted: cast.House, sign_in: Any) -> None:
    invitation = restricted.extra["invitation"]
    browser = sign_in(restricted.administrator)
    assert invitation.email in browser.get(url(restricted, "members")).content.decode()
    path = url(restricted, "invitation_withdraw", invitation.pk)
    assert browser.post(path).status_code == 302
    assert invitation.pk not in [each.pk for each in invitations_of(restricted.customer)]
    assert find_invitation(restricted.extra["token"]) is None


def test_a_key_is_revoked(restricted: cast.House, sign_in: Any) -> None:
    browser = sign_in(restricted.administrator)
    path = url(restricted, "key_revoke", restricted.key.pk)
    assert path in browser.get(url(restricted, "keys")).content.decode()
    assert browser.post(path).status_code == 302
    assert ApiKey.objects.get(pk=restricted.key.pk).revoked_at is not None


def test_nobody_is_let_in(restricted: cast.House, sign_in: Any) -> None:
    browser, rut = sign_in(restricted.administrator), restricted.reader
    invited = {"email": "ny@ankdamm.example", "name": "Ny", "role": "reader", "sees": "all"}
    assert browser.post(url(restricted, "members"), invited).status_code == 403
    attempts = {
        url(restricted, "member_role", rut.pk): {"role": "administrator"},
        url(restricted, "member_sight", rut.pk): {"sees": "all"},
        url(restricted, "member_hand_over", rut.pk): {},
        url(restricted, "invitation_send", restricted.extra["invitation"].pk): {},
        url(restricted, "key_add"): {"label": "x", "scopes": "staff:read", "days": "30"},
    }
    answers = {path: browser.post(path, said).status_code for path, said in attempts.items()}
    assert set(answers.values()) == {403}, answers
    page = browser.get(url(restricted, "members")).content.decode()
    assert not [path for path in attempts if f'"{path}"' in page], "nor is it offered"
    assert url(restricted, "key_add") not in browser.get(url(restricted, "keys")).content.decode()


def test_a_restricted_member_of_the_restricted_account_is_not_listed(
    restricted: cast.House, sign_in: Any
) -> None:
    rut = About(
        target=Target.MEMBER, object_model=Member._meta.label, object_id=restricted.reader.pk
    )
    by, at = restricted.administrator, database_now()
    restrict(restricted.customer, rut, reason="Bestrids", keeps=False, by=by, at=at)
    browser = sign_in(by)
    page = browser.get(url(restricted, "members")).content.decode()
    assert restricted.reader.user.email not in page
    path = url(restricted, "member_remove", restricted.reader.pk)
    assert browser.post(path).status_code == 404


def test_another_customers_people_are_not_there(
    restricted: cast.House, cecilia: cast.House, sign_in: Any
) -> None:
    browser = sign_in(restricted.administrator)
    theirs = [
        url(restricted, "member_remove", cecilia.reader.pk),
        url(restricted, "key_revoke", cecilia.key.pk),
    ]
    assert {browser.post(path).status_code for path in theirs} == {404}
