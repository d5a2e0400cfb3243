"""Every address × every role × another tenant, support and strangers."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import Role
from tests import cast
from tests.portal.addresses import ADDRESSES, FILES, Address, patterns, things_of

pytestmark = [pytest.mark.django_db(databases="__all__"), pytest.mark.production_stack]
each_address = pytest.mark.parametrize("address", ADDRESSES, ids=lambda address: address.name)


def test_every_address_of_a_customer_stands_in_the_table() -> None:
    assert sorted(patterns()) == sorted(address.name for address in ADDRESSES)


@each_address
@pytest.mark.parametrize("role", Role.values)
def test_each_role_gets_what_the_table_says(
    address: Address, role: str, anna: cast.House, sign_in: Any
) -> None:
    path, browser = address.of(anna, things_of(anna)), sign_in(getattr(anna, role))
    allowed = role in address.may
    wrong_method = address.get == 405
    refused = address.refused
    assert browser.get(path).status_code == (address.get if allowed or wrong_method else refused)
    expected = address.post if allowed or address.post == 405 else refused
    assert browser.post(path, address.body).status_code == expected


@each_address
def test_cecilia_gets_404_for_everything_of_annas(
    address: Address, anna: cast.House, cecilia: cast.House, sign_in: Any
) -> None:
    """Through Anna's number, and through her own number with Anna's ids."""
    things, browser = things_of(anna), sign_in(cecilia.administrator)
    paths = [address.of(anna, things)] + ([address.of(cecilia, things)] if address.thing else [])
    for path in paths:
        assert browser.get(path).status_code == (405 if address.get == 405 else 404)
        assert browser.post(path, address.body).status_code == (405 if address.post == 405 else 404)
    for thing in things.values():
        thing.refresh_from_db()


@each_address
def test_sven_the_superuser_gets_404_for_everything_of_annas(
    address: Address, anna: cast.House, sven: Any, sign_in: Any
) -> None:
    path, browser = address.of(anna, things_of(anna)), sign_in(sven)
    assert browser.get(path).status_code == (405 if address.get == 405 else 404)
    assert browser.post(path, address.body).status_code == (405 if address.post == 405 else 404)


@each_address
def test_a_stranger_is_sent_to_sign_in_and_told_nothing(
    address: Address, anna: cast.House, client: Client
) -> None:
    if address.get == 405:
        answer = client.post(address.of(anna, things_of(anna)), address.body)
    else:
        answer = client.get(address.of(anna, things_of(anna)))
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("account_login"))


@each_address
def test_no_page_of_a_customer_is_stored_on_the_way(
    address: Address, anna: cast.House, sign_in: Any
) -> None:
    answer = sign_in(anna.administrator).get(address.of(anna, things_of(anna)))
    assert "no-store" in answer["Cache-Control"]


def test_a_removed_member_is_a_stranger_at_the_next_request(anna: cast.House, sign_in: Any) -> None:
    bertil, annas = sign_in(anna.member), sign_in(anna.administrator)
    overview = reverse("portal:overview", args=[anna.customer.number])
    assert bertil.get(overview).status_code == 200
    annas.post(reverse("customers:member_remove", args=[anna.customer.number, anna.member.id]))
    answer = bertil.get(overview)
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(reverse("account_login"))


def test_rut_the_reader_sees_no_button_she_may_not_use(anna: cast.House, sign_in: Any) -> None:
    things, browser = things_of(anna), sign_in(anna.reader)
    for address in ADDRESSES:
        if Role.READER in address.may and address.name not in FILES:
            page = browser.get(address.of(anna, things)).content.decode()
            for forbidden in ("ta-bort", '/ny"', "/nycklar/", "/medlemmar/", "/installningar/"):
                assert forbidden not in page, (address.name, forbidden)
