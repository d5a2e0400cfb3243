"""Signing in, and the mails of a forgotten password."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers.tasks import send_account_mails
from tests import cast

pytestmark = pytest.mark.django_db(databases="__all__")
NEW = "ett helt nytt lösenord"


def signed_in(client: Client, email: str, password: str) -> Any:
    body = {"login": email, "password": password}
    return client.post(reverse("account_login"), body, follow=True)


def test_bertil_signs_in_and_lands_at_his_company_without_noise(
    anna: cast.House, client: Client
) -> None:
    page = signed_in(client, anna.member.user.email, cast.PASSWORD)
    assert page.redirect_chain[-1][0] == reverse("portal:overview", args=[anna.customer.number])
    assert str(anna.member.user.id) not in page.content.decode()


def test_signing_out_closes_the_pages(anna: cast.House, sign_in: Any) -> None:
    browser = sign_in(anna.member)
    browser.post(reverse("account_logout"))
    assert browser.get(reverse("portal:overview", args=[anna.customer.number])).status_code == 302


def test_a_known_and_an_unknown_address_get_the_same_answers(
    anna: cast.House, client: Client
) -> None:
    known, unknown = anna.member.user.email, "ingen@ingenstans.example"
    answers = [signed_in(client, email, "fel lösenord") for email in (known, unknown)]
    pages = [re.sub(r'value="[^"]*"', "", answer.content.decode()) for answer in answers]
    assert pages[0] == pages[1]
    resets = [
        client.post(reverse("account_reset_password"), {"email": email})
        for email in (known, unknown)
    ]
    assert resets[0]["Location"] == resets[1]["Location"]


def test_a_forgotten_password_is_chosen_anew_through_the_public_address(
    anna: cast.House, client: Client, mailoutbox: Any, settings: Any
) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    email = anna.member.user.email
    client.post(
        reverse("account_reset_password"), {"email": email}, headers={"Host": "elsewhere.example"}
    )
    send_account_mails()
    [mail] = mailoutbox
    assert "elsewhere" not in mail.body
    link = re.search(r"https://minasidor\.example\.se(/\S+)", mail.body)
    assert link is not None
    form = client.get(link.group(1), follow=True)
    client.post(form.redirect_chain[-1][0], {"password1": NEW, "password2": NEW})
    overview = reverse("portal:overview", args=[anna.customer.number])
    assert signed_in(client, email, NEW).redirect_chain[-1][0] == overview


def test_a_stranger_who_asks_for_a_password_gets_no_mail(client: Client, mailoutbox: Any) -> None:
    client.post(reverse("account_reset_password"), {"email": "ingen@ingenstans.example"})
    send_account_mails()
    assert not mailoutbox
