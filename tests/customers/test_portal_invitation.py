"""Following an invitation: new, known, wrong, late, and support."""

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse

from customers.actions.invitations import accept_invitation, invite
from customers.models import Invitation, Member, Role, User
from smartsvar.clock import database_now
from smartsvar.shredding.claims import claim_rows
from tests import cast
from tests.at_once import at_once, on_postgres
from tests.conftest import browser

pytestmark = pytest.mark.django_db(databases="__all__")
JOIN = {"name": "Nina Ny", "password": "ett gott lösenord", "again": "ett gott lösenord"}


def invited(house: cast.House, email: str, role: str = Role.MEMBER) -> Invitation:
    return invite(
        house.customer,
        email=email,
        name="Nina",
        role=role,
        by=house.administrator,
        at=database_now(),
    )


def link(invitation: Invitation) -> str:
    return reverse("customers:accept_invitation", args=[invitation.token])


def membership(house: cast.House, email: str) -> Member | None:
    found: Member | None = Member.objects.of(house.customer).filter(user__email=email).first()
    return found


def test_nina_chooses_a_password_and_is_in(anna: cast.House, client: Client) -> None:
    invitation = invited(anna, "nina@ny.example")
    page = client.get(link(invitation)).content.decode()
    assert "Ankdamms Bygg AB" in page
    answer = client.post(link(invitation), JOIN)
    assert answer["Location"] == reverse("portal:overview", args=[anna.customer.number])
    assert client.get(answer["Location"]).status_code == 200
    nina = membership(anna, "nina@ny.example")
    assert nina is not None
    assert (nina.name, nina.role) == ("Nina Ny", Role.MEMBER)
    client.logout()
    signed_in = client.post(
        reverse("account_login"), {"login": "nina@ny.example", "password": JOIN["password"]}
    )
    assert signed_in.status_code == 302


@on_postgres
@pytest.mark.django_db(databases="__all__", transaction=True)
@pytest.mark.parametrize("others", ["the same", "another company's"])
def test_an_invitation_followed_twice_at_once_makes_one_sign_in(
    anna: cast.House, cecilia: cast.House, others: str
) -> None:
    first = invited(anna, "nina@ny.example")
    second = first if others == "the same" else invited(cecilia, "nina@ny.example")
    pairs = [(browser(), link(first)), (browser(), link(second))]
    answers = at_once(*[lambda who=who, to=to: who.post(to, JOIN) for who, to in pairs])
    codes = {answer.status_code for answer in answers}
    assert 302 in codes
    assert codes <= {302, 200, 403, 410}
    assert User.objects.filter(email="nina@ny.example").count() == 1


def test_the_link_works_once(anna: cast.House, client: Client) -> None:
    path = link(invited(anna, "nina@ny.example"))
    client.post(path, JOIN)
    again = Client(headers={"X-Forwarded-Proto": "https"}).get(path)
    assert again.status_code == 410
    assert "Inbjudan gäller inte" in again.content.decode()


def test_a_second_click_that_came_too_late_makes_nobody(
    anna: cast.House, client: Client, monkeypatch: Any
) -> None:
    """Both requests found the invitation; the first one has used it."""
    invitation = invited(anna, "nina@ny.example")
    path = link(invitation)
    accept_invitation(
        invitation, user=None, password="ett gott lösenord", name="Nina", at=database_now()
    )
    User.objects.filter(email="nina@ny.example").update(email="annan@ny.example")
    monkeypatch.setattr("customers.views.invitation.find_invitation", lambda token: invitation)
    assert client.post(path, JOIN).status_code == 410
    assert not User.objects.filter(email="nina@ny.example").exists()


def test_who_is_still_being_removed_is_asked_to_wait(anna: cast.House, sign_in: Any) -> None:
    rut = anna.reader
    browser = sign_in(rut)
    claim_rows(Member, [rut.id], by=anna.administrator, at=database_now())
    path = link(invited(anna, rut.user.email))
    answered = browser.post(path, {"name": "Rut"})
    assert answered.status_code == 200
    assert "Försök igen om en stund" in answered.content.decode()
    Member._base_manager.filter(id=rut.id).delete()
    assert browser.post(path, {"name": "Rut"}).status_code == 302


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"password": "kort", "again": "kort"}, "minst 10 tecken"),
        ({"again": "ett annat"}, "är olika"),
        ({"name": ""}, "är obligatoriskt"),
    ],
)
def test_a_poor_answer_is_explained_and_makes_nobody(
    change: dict[str, str], said: str, anna: cast.House, client: Client
) -> None:
    answer = client.post(link(invited(anna, "nina@ny.example")), JOIN | change)
    assert said in answer.content.decode()
    assert not User.objects.filter(email="nina@ny.example").exists()


def test_after_two_weeks_it_is_over(anna: cast.House, client: Client) -> None:
    invitation = invited(anna, "nina@ny.example")
    Invitation.objects.filter(id=invitation.id).update(due_at=database_now() - timedelta(seconds=1))
    assert client.get(link(invitation)).status_code == 410
    assert client.post(link(invitation), JOIN).status_code == 410


def test_cecilia_with_a_sign_in_signs_in_first_then_confirms(
    anna: cast.House, cecilia: cast.House, client: Client, sign_in: Any
) -> None:
    email = cecilia.administrator.user.email
    path = link(invited(anna, email, Role.READER))
    assert f"?next={quote(path)}" in client.get(path).content.decode()
    assert client.post(path, JOIN).status_code == 200
    assert membership(anna, email) is None
    browser = sign_in(cecilia.administrator)
    assert "new-password" not in browser.get(path).content.decode()
    browser.post(path, {"name": "Cecilia"})
    joined = membership(anna, email)
    assert joined is not None
    assert joined.role == Role.READER
    assert (
        browser.get(reverse("portal:overview", args=[cecilia.customer.number])).status_code == 200
    )


@pytest.mark.parametrize("email", ["", "nina@ny.example"], ids=["known", "unknown"])
def test_the_wrong_person_is_told_and_gets_nothing(
    email: str, anna: cast.House, cecilia: cast.House, sign_in: Any
) -> None:
    invitation = invited(anna, email or cecilia.member.user.email)
    path, browser = link(invitation), sign_in(cecilia.administrator)
    assert browser.get(path).status_code == 403
    answer = browser.post(path, JOIN)
    assert answer.status_code == 403
    assert "Inbjudan är till någon annan" in answer.content.decode()
    assert membership(anna, cecilia.administrator.user.email) is None


def test_sven_is_refused_by_his_own_invitation_and_by_others(
    anna: cast.House, sven: User, sign_in: Any, client: Client
) -> None:
    own, others = invited(anna, sven.email), invited(anna, "nina@ny.example")
    for who, path in (
        (sign_in(sven), link(own)),
        (sign_in(sven), link(others)),
        (client, link(own)),
    ):
        answer = who.post(path, JOIN)
        assert answer.status_code == 403
        assert "Supportens personal" in answer.content.decode()
    assert membership(anna, sven.email) is None
    assert Invitation.objects.filter(id=others.id).live().exists()
