"""Members on Mina Sidor: invited, given roles, removed."""

from datetime import timedelta
from typing import Any

import pytest
from django.urls import reverse

from customers.actions.invitations import invitations_of
from customers.models import Invitation, Member, Role
from smartsvar.clock import database_now
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


def test_ones_own_right_to_decide_is_given_up_only_after_a_question(
    anna: cast.House, sign_in: Any
) -> None:
    browser, path = sign_in(anna.administrator), at(anna, "customers:member_role", anna.member.id)
    browser.post(path, {"role": "administrator"})
    mine = at(anna, "customers:member_role", anna.administrator.id)
    page = browser.post(mine, {"role": "reader"})
    anna.administrator.refresh_from_db()
    assert (page.status_code, anna.administrator.role) == (200, Role.ADMINISTRATOR)
    assert 'name="confirmed"' in page.content.decode()
    browser.post(mine, {"role": "reader", "confirmed": "yes"})
    anna.administrator.refresh_from_db()
    assert anna.administrator.role == Role.READER


def test_an_invitation_says_for_whom_as_what_and_what_is_shown(
    anna: cast.House, sign_in: Any
) -> None:
    browser, path = sign_in(anna.administrator), at(anna, "customers:members")
    browser.post(path, NINA)
    page = browser.get(path).content.decode()
    row = page[page.index("<bdi>Nina Ny</bdi>") :]
    assert "Läsare" in row[:400]
    assert "Alla samtal och meddelanden" in row[:400]


def test_an_invitation_is_sent_again_with_a_new_link(
    anna: cast.House, sign_in: Any, client: Any
) -> None:
    browser = sign_in(anna.administrator)
    browser.post(at(anna, "customers:members"), NINA)
    [first] = ninas(anna)
    long_ago = first.created_at - timedelta(days=10)
    Invitation.objects.filter(id=first.id).update(sent_at=long_ago, created_at=long_ago)
    path = at(anna, "customers:invitation_send", first.id)
    browser.post(path)
    [again] = ninas(anna)
    old, new = (
        reverse("customers:accept_invitation", args=[each.token]) for each in (first, again)
    )
    assert (client.get(old).status_code, client.get(new).status_code) == (410, 200)
    assert again.due_at == again.created_at + timedelta(days=14)
    assert again.sent_at is None, "it waits for the mail"
    browser.post(path)
    assert ninas(anna)[0].token == again.token, "while it is on its way nothing is sent"
    Invitation.objects.filter(id=first.id).update(sent_at=database_now())
    browser.post(path)
    assert ninas(anna)[0].token == again.token, "nor a moment after"


def test_another_customers_invitation_is_not_sent_again(
    anna: cast.House, cecilia: cast.House, sign_in: Any
) -> None:
    sign_in(cecilia.administrator).post(at(cecilia, "customers:members"), NINA)
    [theirs] = ninas(cecilia)
    path = at(anna, "customers:invitation_send", theirs.id)
    assert sign_in(anna.administrator).post(path).status_code == 404


def test_many_members_come_in_pages(
    anna: cast.House, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("customers.views.members.SHOWN", 2)
    browser, path = sign_in(anna.administrator), at(anna, "customers:members")
    pages = [browser.get(path, {"page": number}).content.decode() for number in ("1", "2", "99")]
    assert "Sida 1 av 2" in pages[0]
    shown = [
        {each.pk for each in Member.objects.of(anna.customer) if f"{each.pk}/ta-bort" in page}
        for page in pages
    ]
    assert [len(each) for each in shown] == [2, 1, 1]
    assert shown[0] | shown[1] == {each.pk for each in Member.objects.of(anna.customer)}
    assert shown[1] == shown[2], "what is no page leads to the nearest"
