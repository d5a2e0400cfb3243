"""Every address of django-allauth: ours to look at, in both languages, and none falls over."""

import json
import re
from html import unescape
from typing import Any

import pytest
from allauth.account.models import EmailAddress, EmailConfirmationHMAC
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse

from customers.models import User
from customers.second_factor import second_factor_of
from tests import cast
from tests.conformance.routes import Route, routes
from tests.conformance.tenant_table import OWN_SIGN_IN
from tests.conftest import browser
from tests.customers.test_second_factor import at_the_set_up, password_given, set_up
from tests.portal.test_portal_language import INLINE

pytestmark = pytest.mark.django_db(databases="__all__")
OURS = [route for route in routes() if route.name in OWN_SIGN_IN]
HIDDEN = re.compile(r"<(script|style|code|pre|bdi|head)\b.*?</\1>|<[^>]+>", re.DOTALL)
# The same in both languages: names, and what the person wrote or the browser said.
SAME = re.compile(r"^(Smartsvar|Mina Sidor|←|→|\W*|[\w.+-]+@[\w.-]+|Svenska|English|\S*\d\S*)$")
HOSTILE = [
    "", "null", "[]", "{}", "1", '"x"', '{"id": 1}', '{"response": {"userHandle": "AAAA"}}',
    '{"response": {"userHandle": null}}', '{"response": []}', '{"response": "x"}',
    json.dumps({"id": "AA", "rawId": "AA", "type": "public-key", "response": {
        "userHandle": "MDE", "clientDataJSON": "AA", "authenticatorData": "AA", "signature": "AA",
    }}),
    json.dumps({"id": "A" * 500_000, "response": {"userHandle": "A" * 500_000}}),
    "{" * 5000, "\u202e\x00",
]  # fmt: skip


def said(page: str) -> set[str]:
    """Return the words that a page shows, piece by piece."""
    body = page[page.index("<main") : page.index("</main>")]
    pieces = HIDDEN.sub("\n", body).split("\n")
    return {unescape(piece).strip() for piece in pieces}


def address(route: Route, person: User, key: int) -> str:
    (mail,) = EmailAddress.objects.filter(user=person)
    values = {"key": EmailConfirmationHMAC(mail).key, "uidb36": "1a", "pk": str(key)}
    return route.address({name: values[name] for name in route.parameters})


def passkey(person: User) -> int:
    data = {"name": "Nyckel", "credential": {}}
    key: int = Authenticator.objects.create(user=person, type="webauthn", data=data).pk
    return key


def browsers(person: User) -> dict[str, Client]:
    """Strangers, somebody at the second step, somebody signed in who just showed who it is."""
    _secret, _codes, client = set_up(person)
    return {"a stranger": browser(), "half way": password_given(person), "signed in": client}


def spoken(client: Client, path: str, method: str) -> dict[str, set[str]]:
    """Return what the page shows in each language; empty where there is no page to see."""
    words = {}
    for language in ("sv", "en"):
        client.cookies["language"] = language
        answer = getattr(client, method)(path)
        assert answer.status_code in {200, 302, 400, 403, 404, 405}, (method, answer.status_code)
        page = answer.content.decode()
        if answer.status_code == 200 and "<main" in page:
            words[language] = said(page)
            assert f'<html lang="{language}">' in page
            assert not INLINE.search(page)
    return words


@pytest.mark.parametrize("route", OURS, ids=str)
def test_it_speaks_both_languages_and_never_falls_over(route: Route, anna: cast.House) -> None:
    """Shown, and posted empty: allauth's own words of what is wrong are the reader's too."""
    person, key = anna.reader.user, passkey(anna.member.user)
    for who, client in browsers(person).items():
        path = address(route, person, key)
        for method in ("get", "post"):
            words = spoken(client, path, method)
            if len(words) == 2:
                same = {each for each in words["sv"] & words["en"] if not SAME.match(each)}
                assert same == set(), (who, method, same)


def test_the_walk_covers_what_can_be_reached() -> None:
    names = {route.name for route in OURS}
    assert {"mfa_add_webauthn", "account_email", "account_reset_password_from_key"} <= names


def test_there_is_no_signing_up(anna: cast.House, client: Client) -> None:
    new = cast.PASSWORD
    body = {"email": "ny@ingenstans.example", "password1": new, "password2": new}
    for data in ({}, body):
        page = client.post(reverse("account_signup"), data).content.decode()
        assert "inbjudan" in page
    assert not User.objects.filter(email=body["email"]).exists()


@pytest.mark.parametrize("credential", HOSTILE, ids=range(len(HOSTILE)))
def test_a_made_up_passkey_is_refused_and_nothing_falls_over(
    credential: str, anna: cast.House, client: Client
) -> None:
    client.get(reverse("mfa_login_webauthn"), headers={"Accept": "application/json"})
    answer = client.post(reverse("mfa_login_webauthn"), {"credential": credential})
    assert answer.status_code in {302, 400}
    assert "_auth_user_id" not in client.session
    inside = at_the_set_up(anna.reader.user)
    inside.get(reverse("mfa_add_webauthn"))
    answer = inside.post(reverse("mfa_add_webauthn"), {"name": "x", "credential": credential})
    assert answer.status_code in {200, 400}
    assert not Authenticator.objects.exists()


def test_somebody_elses_passkey_is_not_there(anna: cast.House) -> None:
    key = passkey(anna.member.user)
    client = at_the_set_up(anna.reader.user)
    for name in ("mfa_edit_webauthn", "mfa_remove_webauthn"):
        for method in (client.get, client.post):
            assert method(reverse(name, args=[key])).status_code == 404
    assert Authenticator.objects.filter(pk=key).exists()


def test_passkeys_go_with_the_sign_in(anna: cast.House, sign_in: Any) -> None:
    passkey(anna.reader.user)
    path = reverse("customers:member_remove", args=[anna.customer.number, anna.reader.id])
    sign_in(anna.administrator).post(path)
    assert not Authenticator.objects.exists()


def test_new_recovery_codes_are_asked_about_first_and_end_the_old_ones(anna: cast.House) -> None:
    person = anna.reader.user
    _secret, codes, client = set_up(person)
    path = reverse("mfa_generate_recovery_codes")
    assert "slutar gälla" in client.get(path).content.decode()
    shown_again = client.get(reverse("mfa_view_recovery_codes")).content.decode()
    assert not any(code in shown_again for code in codes)
    client.post(path)
    page = client.get(reverse("mfa_view_recovery_codes")).content.decode()
    new = re.findall(r"\b\d{8}\b", page)
    assert reverse("set_language") in shown_again
    assert reverse("set_language") not in page, "it would load the page anew, without the codes"
    assert 'download="smartsvar-koder.txt"' in page
    assert len(set(new)) == 10
    assert not set(new) & set(codes)
    with second_factor_of(person):
        kept = Authenticator.objects.get(user=person, type="recovery_codes").wrap()
        assert not any(kept.validate_code(code) for code in codes)
