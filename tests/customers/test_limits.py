"""Limits on signing in: per client behind the proxy, and off while Valkey is away."""

import logging
import statistics
import time
from typing import Any

import pytest
from allauth.account import app_settings as account_settings
from allauth.core.internal.ratelimit import parse_rates
from allauth.mfa import app_settings as mfa_settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from customers.actions.invitations import invitations_of, withdraw_invitation
from smartsvar.clock import database_now
from tests import cast
from tests.conftest import browser
from tests.thrift import ROUNDS

pytestmark = pytest.mark.django_db(databases="__all__")
WRONG = "fel lösenord"


def attempt(client: Client, forwarded: str, email: str) -> int:
    answer = client.post(
        reverse("account_login"),
        {"login": email, "password": WRONG},
        headers={"X-Forwarded-For": forwarded},
    )
    return int(answer.status_code)


def test_two_clients_behind_the_proxy_do_not_share_a_limit(client: Client, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"login": "3/m/ip", "login_failed": "3/m/ip"}
    statuses = [attempt(client, "192.0.2.1", f"{n}@ingenstans.example") for n in range(8)]
    assert 429 in statuses
    assert attempt(client, "192.0.2.2", "x@ingenstans.example") == 200


def test_an_address_that_the_client_made_up_is_not_believed(client: Client, settings: Any) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"login": "3/m/ip", "login_failed": "3/m/ip"}
    made_up = [f"198.51.100.{n}, 192.0.2.1" for n in range(8)]
    assert 429 in [attempt(client, each, f"{each[-1]}@ingenstans.example") for each in made_up]


def test_five_wrong_passwords_close_an_address_from_everywhere_known_or_not(
    anna: cast.House, client: Client
) -> None:
    """The limit is the address's own, the cache's that all processes share, and says when."""
    for email in (anna.member.user.email, "ingen@ingenstans.example"):
        for n in range(5):
            assert attempt(client, f"192.0.2.{n}", email) == 200
        answer = client.post(
            reverse("account_login"),
            {"login": email, "password": cast.PASSWORD},
            headers={"X-Forwarded-For": "192.0.2.99"},
        )
        assert "Försök igen om fem minuter" in answer.content.decode(), email
        assert "_auth_user_id" not in client.session


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("account_login", {"login": "x@ingenstans.example", "password": WRONG}),
        ("account_reset_password", {"email": "x@ingenstans.example"}),
        ("mfa_login_webauthn", {"credential": "{}"}),
    ],
)
def test_who_asks_too_often_is_told_when_to_try_again_in_both_languages(
    name: str, body: dict[str, str], client: Client
) -> None:
    answers = [client.post(reverse(name), body | {"login": f"{n}@x.example"}) for n in range(40)]
    refused = [each for each in answers if each.status_code == 429]
    assert refused
    page = refused[0].content.decode()
    assert "Vänta en minut" in page
    assert "Wait a minute" in page
    assert 'class="brand"' in page
    assert refused[0]["Retry-After"] == "60"


def test_whatever_is_answered_by_429_is_counted_per_minute() -> None:
    """So that the page's word holds; five wrong passwords are said on the form instead."""
    limits = account_settings.RATE_LIMITS | mfa_settings.RATE_LIMITS
    on_the_form = {
        "login_failed", "confirm_email", "verify_phone", "enquiry", "invitation", "invitation_to",
    }  # fmt: skip
    for action in limits.keys() - on_the_form:
        assert all(rate.duration <= 60 for rate in parse_rates(limits[action])), action


def test_nobody_is_invited_again_and_again(anna: cast.House, sign_in: Any) -> None:
    """Withdrawing an invitation and sending it anew would get round the wait between two mails."""
    browser = sign_in(anna.administrator)
    page = reverse("customers:members", args=[anna.customer.number])
    said = {"email": "ny@ankdamm.example", "name": "Ny", "role": "reader", "sees": "all"}
    answers = []
    for _ in range(4):
        answers.append(browser.post(page, said))
        for invitation in invitations_of(anna.customer):
            withdraw_invitation(invitation, by=anna.administrator, at=database_now())
    assert [answer.status_code for answer in answers] == [302, 302, 302, 429]
    assert "har bjudits in flera gånger" in answers[-1].content.decode()
    assert browser.post(page, said | {"email": "annan@ankdamm.example"}).status_code == 302


def test_a_customer_invites_so_many_an_hour(
    anna: cast.House, cecilia: cast.House, sign_in: Any, settings: Any
) -> None:
    settings.ACCOUNT_RATE_LIMITS = settings.ACCOUNT_RATE_LIMITS | {"invitation": "2/h/key"}
    answers = []
    for house, number in ((anna, 1), (anna, 2), (anna, 3), (cecilia, 4)):
        page = reverse("customers:members", args=[house.customer.number])
        said = {"email": f"ny{number}@ny.example", "name": "Ny", "role": "reader", "sees": "all"}
        answers.append(sign_in(house.administrator).post(page, said))
    assert [answer.status_code for answer in answers] == [302, 302, 429, 302]
    assert "För många inbjudningar" in answers[2].content.decode()


def test_known_and_unknown_addresses_take_as_long(
    anna: cast.House, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.ACCOUNT_RATE_LIMITS = False
    monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", ROUNDS)  # as many as in production
    anna.member.user.set_password(cast.PASSWORD)
    anna.member.user.save()
    took: dict[str, list[float]] = {anna.member.user.email: [], "ingen@ingenstans.example": []}
    for _ in range(7):
        for email, times in took.items():
            start = time.process_time()
            attempt(browser(), "192.0.2.1", email)
            times.append(time.process_time() - start)
    known, unknown = (statistics.median(times) for times in took.values())
    assert abs(known - unknown) < 0.25 * max(known, unknown), took


def test_sign_in_and_api_count_the_same_proxies(settings: Any) -> None:
    proxies = settings.REST_FRAMEWORK["NUM_PROXIES"]
    assert settings.ALLAUTH_TRUSTED_PROXY_COUNT == proxies == 1


def sign_in_with(client: Client, email: str, password: str) -> Any:
    return client.post(reverse("account_login"), {"login": email, "password": password})


def test_bertil_signs_in_while_valkey_is_away(
    no_valkey: None, anna: cast.House, client: Client
) -> None:
    email = anna.member.user.email
    assert sign_in_with(client, email, WRONG).status_code == 200
    assert sign_in_with(client, email, cast.PASSWORD).status_code == 302
    overview = reverse("portal:overview", args=[anna.customer.number])
    assert client.get(overview).status_code == 200


def test_health_says_that_valkey_is_away(no_valkey: None, client: Client) -> None:
    assert client.get(reverse("portal:health")).status_code == 503


def test_the_cache_is_a_miss_while_it_is_away_and_says_so_once(
    no_valkey: None, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        assert cache.add("name", 1) is True
        cache.set("name", 1)
        cache.set_many({"name": 1})
        assert cache.get("name", "miss") == "miss"
        assert cache.get_many(["name"]) == {}
        assert "name" not in cache
        assert not cache.touch("name")
        assert not cache.delete("name")
        cache.delete_many(["name"])
        with pytest.raises(ValueError, match="away"):
            cache.incr("name")
        cache.clear()
    assert sum("cache is away" in record.getMessage() for record in caplog.records) == 1


def test_the_cache_remembers_while_it_is_there() -> None:
    cache.set("name", 1)
    assert cache.incr("name") == 2
    assert cache.add("name", 3) is False
    assert cache.get_many(["name"]) == {"name": 2}
