"""Hostile input never gives a 500, and is never echoed as markup."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.http import urlencode

from tests import cast
from tests.portal.addresses import ADDRESSES, Address, things_of

pytestmark = [pytest.mark.django_db(databases="__all__"), pytest.mark.production_stack]
MARKUP = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
NASTY = {
    "markup": MARKUP,
    "nul": "Anna\x00Andersson",
    "right to left": "\u202eannA",
    "lone surrogate": "\ud800",
    "long": "å" * 100_000,
    "template": "{% debug %}{{ settings.SECRET_KEY }}",
    "number": "9" * 400,
    "date": "99999-99-99",
    "negative": "-1",
    "float": "1e309",
}
each_nasty = pytest.mark.parametrize("nasty", NASTY.values(), ids=NASTY)
ASKED = ("since", "until", "caller", "staff", "unread", "older", "newer")


def sent(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


@pytest.mark.parametrize(
    "page", ["recordings:list", "phone_messages:list", "portal:trail", "portal:overview"]
)
def test_nothing_in_a_lists_address_breaks_it(page: str, anna: cast.House, sign_in: Any) -> None:
    browser, path = sign_in(anna.reader), reverse(page, args=[anna.customer.number])
    for field in ASKED:
        for kind, nasty in NASTY.items():
            answer = browser.get(path, {field: sent(nasty)})
            assert answer.status_code == 200, (field, kind)
            assert MARKUP not in answer.content.decode()


@each_nasty
@pytest.mark.parametrize(
    "address", [each for each in ADDRESSES if each.body], ids=lambda address: address.name
)
def test_nothing_in_a_form_breaks_it(
    address: Address, nasty: str, anna: cast.House, sign_in: Any
) -> None:
    path, browser = address.of(anna, things_of(anna)), sign_in(anna.administrator)
    for field in address.body:
        body = urlencode(address.body | {field: sent(nasty)}, doseq=True)
        answer = browser.post(
            path, body, content_type="application/x-www-form-urlencoded", follow=True
        )
        assert answer.status_code < 500, field
        assert MARKUP not in answer.content.decode()


def test_a_megabyte_in_a_field_is_a_400(anna: cast.House, sign_in: Any) -> None:
    path = reverse("customers:staff_add", args=[anna.customer.number])
    answer = sign_in(anna.administrator).post(path, {"name": "å" * 1_000_000})
    assert answer.status_code == 400
    assert "Det gick inte att förstå" in answer.content.decode()


@pytest.mark.parametrize(
    "number", ["0", "99999999999999999999999999", "00010001x", "-1", "1.5", "%00"]
)
def test_a_bad_customer_number_is_a_404(number: str, anna: cast.House, sign_in: Any) -> None:
    assert sign_in(anna.administrator).get(f"/mina-sidor/{number}/").status_code == 404


@pytest.mark.parametrize(
    "identity", ["x", "%00", "00000000-0000-0000-0000-000000000000", "..%2f..%2fetc", MARKUP]
)
@pytest.mark.parametrize(
    "page", ["samtal/{}/", "samtal/{}/ljud", "meddelanden/{}/", "personal/{}/"]
)
def test_a_bad_id_is_a_404(page: str, identity: str, anna: cast.House, sign_in: Any) -> None:
    path = f"/mina-sidor/{anna.customer.number}/" + page.format(identity)
    assert sign_in(anna.administrator).get(path).status_code == 404


@pytest.mark.parametrize("token", ["x", "%00", "å" * 3000, "..%5c", MARKUP.replace("/", "")])
def test_a_bad_token_is_no_invitation(token: str, client: Client) -> None:
    assert client.get(f"/inbjudan/{token}/").status_code == 410


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example", "javascript:alert(1)", "/\\evil.example"],
)
@pytest.mark.parametrize("page", ["set_language", "account_login", "account_logout"])
def test_nothing_leads_elsewhere(
    page: str, elsewhere: str, anna: cast.House, sign_in: Any, client: Client
) -> None:
    browser = client if page == "account_login" else sign_in(anna.member)
    body = {
        "next": elsewhere,
        "language": "en",
        "login": anna.member.user.email,
        "password": cast.PASSWORD,
    }
    answer = browser.post(reverse(page), body)
    assert answer.status_code in {204, 302}
    assert "evil" not in answer.get("Location", "")
    assert "javascript" not in answer.get("Location", "")


@each_nasty
def test_what_a_caller_says_is_only_text(nasty: str, anna: cast.House, sign_in: Any) -> None:
    """It came over the API, so it may hold anything that JSON can."""
    said = nasty[:5000].replace("\ud800", "?")
    facts: dict[str, Any] = {"caller_name": said, "caller_number": said[:200], "call_id": "c"}
    call = cast.call_of(anna, **facts)
    message = cast.message_of(anna, matter=said, caller_company=said, caller_email=said, **facts)
    browser, number = sign_in(anna.reader), anna.customer.number
    for path in (
        reverse("portal:overview", args=[number]),
        reverse("recordings:list", args=[number]),
        reverse("phone_messages:list", args=[number]),
        reverse("portal:call", args=[number, call.id]),
        reverse("portal:message", args=[number, message.id]),
    ):
        answer = browser.get(path)
        assert answer.status_code == 200
        assert MARKUP not in answer.content.decode()


def test_a_form_without_its_token_is_refused_in_words(anna: cast.House) -> None:
    browser = Client(enforce_csrf_checks=True, headers={"X-Forwarded-Proto": "https"})
    browser.force_login(anna.administrator.user)
    answer = browser.post(
        reverse("customers:staff_remove", args=[anna.customer.number, anna.staff.id])
    )
    assert answer.status_code == 403
    assert "Formuläret var för gammalt" in answer.content.decode()
    anna.staff.refresh_from_db()
