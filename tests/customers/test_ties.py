"""What hangs on who leaves: a sign-in on the register's people, keys on an administrator."""

from typing import Any

import pytest

from customers.actions.invitations import find_invitation, invite
from customers.actions.keys import create_api_key
from customers.actions.members import change_role, change_sight
from customers.models import ApiKey, Invitation, Member, Role, StaffMember
from smartsvar.clock import database_now
from tests import cast
from tests.customers.register_files import MARTA, choices, csv_of, names, uploaded, url

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


def invited(
    house: cast.House, email: str, *, by: Member | None = None, staff: StaffMember | None = None
) -> Invitation:
    return invite(
        house.customer, email=email, name="Nina", role=Role.READER, staff=staff,
        by=by or house.administrator, at=database_now(),
    )  # fmt: skip


@pytest.fixture
def tied(anna: cast.House) -> cast.House:
    """Anna's house where Rut is the Stina of the register, and Stina is invited once more."""
    by, at = anna.administrator, database_now()
    change_sight(anna.reader, sees="all", staff=anna.staff, by=by, at=at)
    anna.extra["invitation"] = invited(anna, "stina.ny@ankdamm.example", staff=anna.staff)
    return anna


def both(house: cast.House) -> list[str]:
    return [str(house.reader.pk), str(house.extra["invitation"].pk)]


def left(house: cast.House) -> tuple[bool, bool]:
    """Whether Rut is a member, and whether the invitation still opens."""
    member = Member._base_manager.filter(pk=house.reader.pk).exists()
    return member, find_invitation(house.extra["invitation"].token) is not None


def test_a_leavers_sign_in_goes_along_with_the_register(tied: cast.House, sign_in: Any) -> None:
    browser = sign_in(tied.administrator)
    path = url(tied, "staff_remove", tied.staff.pk)
    page = browser.get(path).content.decode()
    for each in both(tied):
        assert f'value="{each}" id="ends_{each}" checked' in page
    browser.post(path, {"ends": both(tied)})
    assert (left(tied), names(tied)) == ((False, False), [])


def test_what_is_not_ticked_stays(tied: cast.House, sign_in: Any) -> None:
    sign_in(tied.administrator).post(url(tied, "staff_remove", tied.staff.pk))
    assert (left(tied), names(tied)) == ((True, True), [])


def test_bertil_is_told_to_ask_an_administrator_and_ends_nothing(
    tied: cast.House, sign_in: Any
) -> None:
    browser = sign_in(tied.member)
    path = url(tied, "staff_remove", tied.staff.pk)
    page = browser.get(path).content.decode()
    assert tied.reader.name in page
    assert tied.extra["invitation"].email in page
    assert 'name="ends"' not in page
    browser.post(path, {"ends": both(tied)})
    assert (left(tied), names(tied)) == ((True, True), [])


def test_nobody_elses_membership_is_ended_by_its_id(tied: cast.House, sign_in: Any) -> None:
    path = url(tied, "staff_remove", tied.staff.pk)
    sign_in(tied.administrator).post(path, {"ends": [str(tied.member.pk), "x" * 1000, "\x00"]})
    assert Member._base_manager.filter(pk=tied.member.pk).exists()
    assert left(tied) == (True, True)


def test_anna_never_removes_herself_in_passing(anna: cast.House, sign_in: Any) -> None:
    by, at = anna.administrator, database_now()
    change_role(anna.member, Role.ADMINISTRATOR, by=by, at=at)
    change_sight(by, sees="all", staff=anna.staff, by=by, at=at)
    browser = sign_in(by)
    path = url(anna, "staff_remove", anna.staff.pk)
    assert 'name="ends"' not in browser.get(path).content.decode()
    browser.post(path, {"ends": [str(by.pk)]})
    assert Member._base_manager.filter(pk=by.pk).exists()
    assert names(anna) == []


def test_the_chosen_and_their_sign_ins_go_together(tied: cast.House, sign_in: Any) -> None:
    browser = sign_in(tied.administrator)
    path, chosen = url(tied, "staff_remove_many"), {"person": str(tied.staff.pk)}
    page = browser.post(path, chosen).content.decode()
    assert all(f'value="{each}"' in page for each in both(tied))
    browser.post(path, chosen | {"confirmed": "yes", "ends": both(tied)})
    assert (left(tied), names(tied)) == ((False, False), [])


def test_an_import_that_removes_names_the_sign_ins(tied: cast.House, sign_in: Any) -> None:
    browser = sign_in(tied.administrator)
    path = uploaded(browser, tied, csv_of(MARTA))
    assert 'name="ends"' not in browser.get(path).content.decode(), "it removes nobody"
    page = browser.post(path, choices(browser.get(path), removes="on"))
    assert all(f'value="{each}"' in page.content.decode() for each in both(tied))
    said: dict[str, Any] = choices(page, removes="on", confirmed=page.context["plan"].fingerprint)
    browser.post(path, said | {"ends": both(tied)})
    assert (left(tied), names(tied)) == ((False, False), ["Märta Ek"])


@pytest.fixture
def made(anna: cast.House) -> cast.House:
    """Bertil, an administrator, has made a key and invited somebody; so has Anna."""
    at = database_now()
    change_role(anna.member, Role.ADMINISTRATOR, by=anna.administrator, at=at)
    key, _secret = create_api_key(
        anna.customer, label="Bertils", scopes=["staff:read"], days=30, by=anna.member, at=at
    )
    anna.extra |= {"key": key, "invitation": invited(anna, "nina@x.example", by=anna.member)}
    anna.extra["annas"] = invited(anna, "annas@x.example")
    return anna


def test_what_a_leaving_administrator_has_made_is_listed_and_ended_as_ticked(
    made: cast.House, sign_in: Any
) -> None:
    browser = sign_in(made.administrator)
    path = url(made, "member_remove", made.member.pk)
    page = browser.get(path).content.decode()
    key, invitation = made.extra["key"], made.extra["invitation"]
    assert f'value="{key.pk}"' in page
    assert f'value="{invitation.pk}"' in page
    assert "checked" not in page
    assert str(made.key.pk) not in page, "that is Anna's own"
    browser.post(path, {"ends": [str(key.pk), str(invitation.pk), str(made.key.pk)]})
    assert not Member._base_manager.filter(pk=made.member.pk).exists()
    assert ApiKey.objects.get(pk=key.pk).revoked_at is not None
    assert ApiKey.objects.get(pk=made.key.pk).revoked_at is None
    assert find_invitation(invitation.token) is None
    assert find_invitation(made.extra["annas"].token) is not None


def test_unticked_keys_and_invitations_stay(made: cast.House, sign_in: Any) -> None:
    sign_in(made.administrator).post(url(made, "member_remove", made.member.pk))
    assert ApiKey.objects.get(pk=made.extra["key"].pk).revoked_at is None
    assert find_invitation(made.extra["invitation"].token) is not None


def test_of_who_has_made_nothing_the_page_lists_nothing(anna: cast.House, sign_in: Any) -> None:
    page = sign_in(anna.administrator).get(url(anna, "member_remove", anna.reader.pk))
    assert 'name="ends"' not in page.content.decode()


def test_a_person_without_a_sign_in_is_removed_without_boxes(
    anna: cast.House, sign_in: Any
) -> None:
    page = sign_in(anna.administrator).get(url(anna, "staff_remove", anna.staff.pk))
    assert 'name="ends"' not in page.content.decode()
    assert StaffMember.objects.of(anna.customer).count() == 1
