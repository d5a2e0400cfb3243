"""Who comes into support's pages: staff, signed in through allauth, with a second factor."""

import re
from typing import Any
from uuid import UUID

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.test import Client
from django.urls import URLPattern, reverse

from customers.models import User
from customers.second_factor import second_factor_of
from smartsvar.back_office.site import support_site
from tests import cast

pytestmark = [pytest.mark.django_db(databases="__all__"), pytest.mark.production_stack]

NOBODY = UUID(int=0)
OPEN = {"login"}  # redirects to the site's own sign-in


def pages() -> list[tuple[str, str]]:
    """Every named address of the support site but its door, with some id where one is needed."""
    found: list[tuple[str, str]] = []
    for entry in support_site.get_urls():
        if isinstance(entry, URLPattern):
            found.append((entry.name or "", f"/admin/{entry.pattern}"))
            continue
        inner: Any = entry.url_patterns
        pages_of_model = [(page.name, page.pattern) for page in inner]
        found += [(name, f"/admin/{entry.pattern}{page}") for name, page in pages_of_model if name]
    filled = [(name, re.sub("<[^>]+>", str(NOBODY), address)) for name, address in found]
    return [
        (name, address)
        for name, address in filled
        if name not in OPEN | {""} and "^" not in address
    ]


@pytest.fixture
def needs_second_factor(settings: Any) -> None:
    settings.SUPPORT_NEEDS_SECOND_FACTOR = True


@pytest.mark.usefixtures("needs_second_factor")
@pytest.mark.parametrize(("name", "address"), pages())
@pytest.mark.parametrize("method", ["get", "head", "post", "options"])
def test_sven_without_a_second_factor_is_sent_to_set_one_up_from_every_page(
    sven: User, sign_in: Any, name: str, address: str, method: str
) -> None:
    response = getattr(sign_in(sven), method)(address)
    assert response.status_code == 302, name
    assert response["Location"] == reverse("mfa_activate_totp")


@pytest.mark.usefixtures("needs_second_factor")
def test_recovery_codes_alone_are_no_second_factor(sven: User, sign_in: Any) -> None:
    Authenticator.objects.create(
        user=sven, type=Authenticator.Type.RECOVERY_CODES, data={"seed": "s", "used_mask": 0}
    )
    response = sign_in(sven).get(reverse("admin:index"))
    assert response["Location"] == reverse("mfa_activate_totp")


@pytest.mark.usefixtures("needs_second_factor")
def test_sven_with_a_second_factor_comes_in(sven: User, sign_in: Any) -> None:
    with second_factor_of(sven):
        TOTP.activate(sven, generate_totp_secret())
    assert sign_in(sven).get(reverse("admin:index")).status_code == 200


def test_a_stranger_is_sent_to_the_sites_own_sign_in(client: Client) -> None:
    response = client.get(reverse("admin:index"), follow=True)
    assert response.redirect_chain[-1][0].startswith(reverse("account_login"))
    assert "next" in response.redirect_chain[-1][0]


def test_a_stranger_who_posts_a_password_to_the_admin_is_not_signed_in(
    client: Client, sven: User
) -> None:
    answers = {"username": sven.email, "password": cast.PASSWORD, "next": "/admin/"}
    response = client.post(reverse("admin:login"), answers)
    assert response["Location"].startswith(reverse("account_login"))
    assert "_auth_user_id" not in client.session


def test_sven_signs_in_through_allauth_and_lands_on_his_pages(
    client: Client, sven: User, settings: Any
) -> None:
    settings.SUPPORT_NEEDS_SECOND_FACTOR = False
    answers = {"login": sven.email, "password": cast.PASSWORD}
    response = client.post(reverse("account_login"), answers)
    assert response["Location"] == reverse("admin:index")
    assert client.get(reverse("admin:index")).status_code == 200


def test_anna_is_no_support_agent(anna: cast.House, sign_in: Any) -> None:
    browser = sign_in(anna.administrator)
    response = browser.get(reverse("admin:index"), follow=True)
    assert response.status_code == 403
    response = browser.get(reverse("admin:customers_customer_changelist"), follow=True)
    assert response.status_code == 403


@pytest.mark.parametrize("page", ["password_change/", "password_change/done/", "autocomplete/"])
def test_what_django_brings_beside_our_pages_is_not_there(
    sven: User, sign_in: Any, settings: Any, page: str
) -> None:
    settings.SUPPORT_NEEDS_SECOND_FACTOR = False
    assert sign_in(sven).get(f"/admin/{page}").status_code == 404
