"""API keys on Mina Sidor: made, shown once, revoked."""

import re
from typing import Any

import pytest
from django.urls import reverse

from customers.actions.keys import find_api_key
from customers.models import ApiKey
from smartsvar.clock import database_now
from tests import cast

pytestmark = pytest.mark.django_db(databases="__all__")


def at(house: cast.House, page: str, *ids: Any) -> str:
    return reverse(page, args=[house.customer.number, *ids])


def test_a_new_key_works_and_is_shown_once(anna: cast.House, sign_in: Any) -> None:
    browser = sign_in(anna.administrator)
    body = {"label": "Växeln", "scopes": ["recordings:write", "staff:read"], "days": "90"}
    shown = browser.post(at(anna, "customers:key_add"), body)
    match = re.search(r"ssv_[0-9a-f]{8}_[\w-]+", shown.content.decode())
    assert match is not None
    secret = match.group()
    key = find_api_key(secret, database_now())
    assert key is not None
    assert (key.customer_id, key.scopes) == (anna.customer.id, ["recordings:write", "staff:read"])
    assert shown["Cache-Control"] == "no-store"
    page = browser.get(at(anna, "customers:keys")).content.decode()
    assert "Växeln" in page
    assert "Lämna inspelningar" in page
    assert "staff:read" not in page, "what it may do is said in words"
    assert secret not in page


def test_a_revoked_key_stops_and_is_marked(anna: cast.House, sign_in: Any) -> None:
    browser = sign_in(anna.administrator)
    path = at(anna, "customers:key_revoke", anna.key.id)
    assert anna.key.label in browser.get(path).content.decode()
    assert find_api_key(anna.secret, database_now()) is not None
    assert "återkallad" in browser.post(path, follow=True).content.decode()
    assert find_api_key(anna.secret, database_now()) is None
    assert browser.post(path).status_code == 404


@pytest.mark.parametrize(
    "bad", [{"scopes": []}, {"scopes": ["everything"]}, {"days": "100000"}, {"label": ""}]
)
def test_a_key_that_makes_no_sense_is_not_made(
    bad: dict[str, Any], anna: cast.House, sign_in: Any
) -> None:
    body = {"label": "Växeln", "scopes": ["staff:read"], "days": "90"}
    assert (
        sign_in(anna.administrator).post(at(anna, "customers:key_add"), body | bad).status_code
        == 200
    )
    assert ApiKey.objects.filter(customer=anna.customer).count() == 1


def test_the_platforms_key_is_not_on_annas_page(anna: cast.House, sign_in: Any) -> None:
    platform = ApiKey.objects.create(
        customer=None,
        label="Plattformen",
        prefix="pppppppp",
        secret_hash=b"x",
        expires_at=database_now(),
    )
    browser = sign_in(anna.administrator)
    assert "Plattformen" not in browser.get(at(anna, "customers:keys")).content.decode()
    assert browser.post(at(anna, "customers:key_revoke", platform.id)).status_code == 404
