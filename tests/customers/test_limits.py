"""Limits on signing in: per client behind the proxy, and off while Valkey is away."""

import logging
import socket
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from tests import cast

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


def test_sign_in_and_api_count_the_same_proxies(settings: Any) -> None:
    proxies = settings.REST_FRAMEWORK["NUM_PROXIES"]
    assert settings.ALLAUTH_TRUSTED_PROXY_COUNT == proxies == 1


@pytest.fixture
def no_valkey(settings: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
    away = settings.CACHES["default"] | {"LOCATION": f"redis://127.0.0.1:{port}/0"}
    settings.CACHES = {"default": away}


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
