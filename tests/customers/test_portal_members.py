"""Members on Mina Sidor: invited, given roles, removed."""

from typing import Any

import pytest
from django.urls import reverse

from customers.actions.invitations import invitations_of
from customers.models import Invitation, Member, Role
from tests import cast

pytestmark = pytest.mark.django_db(databases="__all__")
NINA = {"email": "Nina@Ankdamm.example", "name": "Nina Ny", "role": "reader", "sees": "all"}


def at(house: cast.House, page: str, *ids: Any) -> str:
    return reverse(page, args=[house.customer.number, *ids])


def ninas(house: cast.House) -> list[Invitation]:
    return [each for each in invitations_of(house.customer) if each.email == "nina@ankdamm.example"]


def test_anna_invites_nina_once(anna: cast.House, sign_in: Any) -> None:
    browser, path = sign_in(anna.administrator), at(anna, "customers:members")
    page = browser.post(path, NINA, follow=True).content.decode()
    assert "En inbjudan är på väg till nina@ankdamm.example." in page
    assert [(each.name, each.role) for each in ninas(anna)] == [("Nina Ny", Role.READER)]
    again = browser.post(path, NINA).content.decode()
    assert "har redan en inbjudan" in again
    assert len(ninas(anna)) == 1


def test_a_withdrawn_invitation_leads_nowhere(anna: cast.House, sign_in: Any, client: Any) -> None:
    browser = sign_in(anna.administrator)
    browser.post(at(anna, "customers:members"), NINA)
    [invitation] = ninas(anna)
    link = reverse("customers:accept_invitation", args=[invitation.token])
    assert client.get(link).status_code == 200
    browser.post(at(anna, "customers:invitation_withdraw", invitation.id))
    assert client.get(link).status_code == 410


def test_a_member_is_not_invited_again(anna: cast.House, sign_in: Any) -> None:
    again = NINA | {"email": anna.member.user.email.upper()}
    page = sign_in(anna.administrator).post(at(anna, "customers:members"), again).content.decode()
    assert "Personen är redan medlem." in page


def test_a_made_up_role_is_refused(anna: cast.House, sign_in: Any) -> None:
    browser = sign_in(anna.administrator)
    browser.post(at(anna, "customers:members"), NINA | {"role": "superuser"})
    browser.post(at(anna, "customers:member_role", anna.reader.id), {"role": "superuser"})
    anna.reader.refresh_from_db()
    assert (ninas(anna), anna.reader.role) == ([], Role.READER)


def test_anna_makes_rut_a_member(anna: cast.House, sign_in: Any) -> None:
    sign_in(anna.administrator).post(
        at(anna, "customers:member_role", anna.reader.id), {"role": "member"}
    )
    anna.reader.refresh_from_db()
    assert anna.reader.role == Role.MEMBER


@pytest.mark.parametrize("page", ["customers:member_role", "customers:member_remove"])
def test_the_last_administrator_stays_and_is_told_why(
    page: str, anna: cast.House, sign_in: Any
) -> None:
    browser = sign_in(anna.administrator)
    answer = browser.post(at(anna, page, anna.administrator.id), {"role": "reader"}, follow=True)
    assert "Det måste finnas en administratör." in answer.content.decode()
    anna.administrator.refresh_from_db()
    assert anna.administrator.role == Role.ADMINISTRATOR


def test_an_administrator_leaves_when_there_is_another(anna: cast.House, sign_in: Any) -> None:
    browser = sign_in(anna.administrator)
    browser.post(at(anna, "customers:member_role", anna.member.id), {"role": "administrator"})
    answer = browser.post(at(anna, "customers:member_remove", anna.administrator.id), follow=True)
    assert answer.redirect_chain[-1][0].startswith(reverse("account_login")), "without a sign-in"
    assert answer.status_code == 200
    assert not Member.objects.filter(id=anna.administrator.id).exists()
