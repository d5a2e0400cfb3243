"""What hangs on who leaves: a sign-in on the register's people, keys on an administrator."""

from typing import Any

import pytest
from django.urls import reverse

from customers.actions.invitations import find_invitation, invite
from customers.actions.keys import create_api_key
from customers.actions.members import change_role, change_sight
from customers.actions.staff import StaffDetails, add_staff, change_staff
from customers.models import ApiKey, Invitation, Member, Role, StaffMember, User
from smartsvar.clock import database_now
from smartsvar.shredding import ledger
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


def addressed(house: cast.House, email: str) -> None:
    """The register's Stina has the address; Rut, whom nobody has tied to her, signs in by it."""
    details = StaffDetails(name="Stina", email=email)
    at = database_now()
    change_staff(house.staff, details, by=house.administrator, at=at, fields=["email"])
    User.objects.filter(id=house.reader.user_id).update(email=email.lower())


def test_who_signs_in_by_a_leavers_own_address_leaves_too(anna: cast.House, sign_in: Any) -> None:
    addressed(anna, "Stina.Rut@ankdamm.example")
    browser, path = sign_in(anna.administrator), url(anna, "staff_remove", anna.staff.pk)
    box = f'value="{anna.reader.pk}" id="ends_{anna.reader.pk}" checked'
    assert box in browser.get(path).content.decode()
    browser.post(path, {"ends": [str(anna.reader.pk)]})
    assert not Member._base_manager.filter(pk=anna.reader.pk).exists()


def test_who_is_invited_under_a_leavers_address_is_named(anna: cast.House, sign_in: Any) -> None:
    addressed(anna, "stina.rut@ankdamm.example")
    User.objects.filter(id=anna.reader.user_id).update(email="rut@ankdamm.example")
    invitation = invited(anna, "Stina.Rut@ankdamm.example")
    page = sign_in(anna.administrator).get(url(anna, "staff_remove", anna.staff.pk))
    assert f'id="ends_{invitation.pk}" checked' in page.content.decode()


@pytest.mark.parametrize("whose", ["a colleague's", "the company's"])
def test_an_address_that_others_have_too_is_named_and_not_ticked(
    anna: cast.House, sign_in: Any, whose: str
) -> None:
    if whose == "a colleague's":
        addressed(anna, "info@ankdamm.example")
        info = StaffDetails(name="Kalle", email="info@ankdamm.example")
        add_staff(anna.customer, info, by=anna.administrator, at=database_now())
    else:
        addressed(anna, anna.customer.email)
    page = sign_in(anna.administrator).get(url(anna, "staff_remove", anna.staff.pk))
    text = page.content.decode()
    assert f'id="ends_{anna.reader.pk}">' in text
    assert f'id="ends_{anna.reader.pk}" checked' not in text


def test_a_colleague_tied_to_somebody_else_is_not_taken_for_a_leaver(
    tied: cast.House, sign_in: Any
) -> None:
    """What an administrator has chosen goes before an address."""
    other = add_staff(
        tied.customer, StaffDetails(name="Kalle", email=tied.reader.user.email),
        by=tied.administrator, at=database_now(),
    )  # fmt: skip
    page = sign_in(tied.administrator).get(url(tied, "staff_remove", other.pk)).content.decode()
    assert f"ends_{tied.reader.pk}" not in page


def ledger_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*args: Any) -> str:
        raise OSError("the ledger is away")

    monkeypatch.setattr(ledger, "intend", away)


@pytest.mark.parametrize("way", ["one", "several"])
def test_what_is_ticked_ends_although_the_ledger_is_away(
    tied: cast.House, sign_in: Any, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    browser, hers = sign_in(tied.administrator), sign_in(tied.reader)
    hers.raise_request_exception = browser.raise_request_exception = False
    first_page = reverse("portal:overview", args=[tied.customer.number])
    assert hers.get(first_page).status_code == 200
    ledger_away(monkeypatch)
    body: dict[str, Any] = {"ends": both(tied)}
    if way == "one":
        answer = browser.post(url(tied, "staff_remove", tied.staff.pk), body)
    else:
        body |= {"person": [str(tied.staff.pk)], "confirmed": "1"}
        answer = browser.post(url(tied, "staff_remove_many"), body)
    assert answer.status_code >= 500
    assert hers.get(first_page).status_code in {302, 404}
    assert find_invitation(tied.extra["invitation"].token) is None
    assert names(tied) == []


def test_a_removed_administrators_key_ends_although_the_ledger_is_away(
    anna: cast.House, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    by, at = anna.administrator, database_now()
    change_role(anna.member, Role.ADMINISTRATOR, by=by, at=at)
    other = Member.objects.get(pk=anna.member.pk)
    key, _ = create_api_key(
        anna.customer, label="Växel", scopes=["staff:read"], days=9, by=other, at=at
    )
    browser = sign_in(by)
    browser.raise_request_exception = False
    ledger_away(monkeypatch)
    answer = browser.post(url(anna, "member_remove", other.pk), {"ends": [str(key.pk)]})
    assert answer.status_code >= 500
    assert ApiKey.objects.get(pk=key.pk).revoked_at is not None


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
    assert f'id="ends_{key.pk}">' in page, "a key runs an exchange: nobody ends it unasked"
    assert f'id="ends_{invitation.pk}" checked>' in page
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
