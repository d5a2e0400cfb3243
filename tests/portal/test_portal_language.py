"""Swedish, with English beside it; pages fit the strict content security policy."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from smartsvar.settings import BASE_DIR
from tests import cast
from tests.portal.addresses import ADDRESSES, FILES, Address, things_of
from tools.po import read

pytestmark = [pytest.mark.django_db(databases="__all__"), pytest.mark.either_stack]
SWEDISH = BASE_DIR / "locale/sv/LC_MESSAGES/django.po"
PAGES = [each for each in ADDRESSES if each.get == 200 and each.name not in FILES]
ACCOUNT = [
    "account_change_password", "account_email", "account_logout", "customers:account",
    "customers:account_history", "customers:account_name", "mfa_activate_totp",
    "mfa_add_webauthn", "account_reauthenticate",
]  # fmt: skip
PUBLIC = [
    "portal:front",
    "account_login",
    "account_signup",
    "account_reset_password",
    "account_reset_password_done",
]
INLINE = re.compile(
    r"<style|\sstyle=|\son[a-z]+=|javascript:"
    r"|<script(?![^>]*\s(?:src=|type=\"application/json\"))",
    re.IGNORECASE,
)


def test_the_language_is_switched_by_a_form_and_stays(anna: cast.House, sign_in: Any) -> None:
    browser, path = sign_in(anna.reader), reverse("recordings:list", args=[anna.customer.number])
    assert '<html lang="sv">' in browser.get(path).content.decode()
    answer = browser.post(reverse("set_language"), {"language": "en", "next": path})
    assert answer["Location"] == path
    page = browser.get(path).content.decode()
    assert '<html lang="en">' in page
    assert "No calls yet" in page
    assert "Inga samtal" not in page


def test_what_came_by_a_form_offers_no_language_that_would_lose_it(
    anna: cast.House, sign_in: Any
) -> None:
    """The button leads back to the page's address, which alone shows less, or nothing."""
    client, number = sign_in(anna.administrator), anna.customer.number
    several = reverse("customers:staff_remove_many", args=[number])
    asked = client.post(several, {"person": [str(anna.staff.id)]})
    assert asked.status_code == 200
    found = client.post(reverse("privacy:find", args=[number]), {"caller": cast.PLANTED_NUMBER})
    assert found.status_code == 200
    for page in (asked, found):
        assert '<div id="language"></div>' in page.content.decode()
        assert reverse("set_language") not in page.content.decode()
    shown = client.get(reverse("privacy:find", args=[number])).content.decode()
    assert reverse("set_language") in shown


@pytest.mark.parametrize(
    ("language", "names"),
    [("sv", ["insyn", "kvitton", "personalregister"]),
     ("en", ["insight", "receipts", "staff-register"])],
)  # fmt: skip
def test_files_are_called_by_the_readers_words(
    language: str, names: list[str], anna: cast.House, sign_in: Any
) -> None:
    client, number = sign_in(anna.administrator), anna.customer.number
    client.cookies["language"] = language
    pages = [
        reverse("portal:insight", args=[number]) + "?form=csv",
        reverse("privacy:receipt_chain", args=[number]),
        reverse("customers:staff_csv", args=[number]),
    ]
    for page, name in zip(pages, names, strict=True):
        said = client.get(page)["Content-Disposition"]
        assert f'filename="{name}' in said
        assert said.isascii()


def test_every_files_name_is_ascii_in_every_language() -> None:
    """A header's name in other letters is read differently by each browser."""
    names = [each for each in read(SWEDISH) if each.context == "file name"]
    assert names
    for each in names:
        assert re.fullmatch("[a-z-]+", each.strings[0]), each


@pytest.mark.parametrize("address", PAGES, ids=lambda address: address.name)
@pytest.mark.parametrize(
    ("language", "said", "unsaid"), [("sv", "Logga ut", "Sign out"), ("en", "Sign out", "Logga ut")]
)
def test_every_page_speaks_both_languages_and_holds_nothing_inline(
    address: Address, language: str, said: str, unsaid: str, anna: cast.House, sign_in: Any
) -> None:
    browser = sign_in(anna.administrator)
    browser.cookies["language"] = language
    page = browser.get(address.of(anna, things_of(anna))).content.decode()
    assert f'<html lang="{language}">' in page
    assert said in page
    assert unsaid not in page
    assert not INLINE.search(page)


@pytest.mark.parametrize("name", ACCOUNT)
def test_account_pages_look_like_ours(name: str, anna: cast.House, sign_in: Any) -> None:
    browser = sign_in(anna.reader)
    answer = browser.get(reverse(name), follow=True)
    assert_ours(answer)


@pytest.mark.parametrize("name", PUBLIC)
def test_public_pages_look_like_ours(name: str, client: Client) -> None:
    assert_ours(client.get(reverse(name)))


def assert_ours(answer: Any) -> None:
    page = answer.content.decode()
    assert answer.status_code == 200
    assert 'class="brand"' in page
    assert not INLINE.search(page)
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.parametrize("path", ["/finns-inte/", "/mina-sidor/1/"])
def test_a_missing_page_says_so_in_both_languages(
    path: str, anna: cast.House, sign_in: Any
) -> None:
    answer = sign_in(anna.reader).get(path)
    page = answer.content.decode()
    assert answer.status_code == 404
    assert "Sidan finns inte" in page
    assert "The page is not there" in page
    assert not INLINE.search(page)


def test_an_error_of_ours_says_so_without_the_database(client: Client, monkeypatch: Any) -> None:
    def broken(*args: Any) -> None:
        raise ZeroDivisionError

    client.raise_request_exception = False
    monkeypatch.setattr("smartsvar.portal.views.front.render", broken)
    answer = client.get("/")
    assert answer.status_code == 500
    assert "Något gick fel hos oss" in answer.content.decode()
