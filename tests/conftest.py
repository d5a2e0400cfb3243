"""Fixtures that every room uses. The services come from `python -m tests.services`."""

import functools
import io
import logging
import socket
from collections.abc import Iterator
from email import message_from_bytes, policy
from typing import Any
from uuid import uuid4

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.test.client import ClientHandler

from customers.models import Member, User
from smartsvar.vault.keys import forget_keys
from tests import cast
from tests.mailbox import check_form
from tests.processes import empty_ledger, empty_queues
from tests.thrift import thrift


@pytest.fixture(scope="session", autouse=True)
def _thrift() -> Iterator[None]:
    """What no test is about is done once, or cheaply."""
    with thrift():
        yield


@pytest.fixture(autouse=True)
def _forget_between_tests() -> Iterator[None]:
    """Keys of a rolled-back test must not be remembered in the next; nor throttles counted on."""
    forget_keys()
    yield
    forget_keys()


@pytest.fixture(autouse=True)
def _own_places(settings: Any, tmp_path: Any) -> None:
    """Give every test an anchor folder of its own."""
    settings.ANCHOR_DIR = str(tmp_path / f"anchors-{uuid4().hex}")


@pytest.fixture
def anna() -> cast.House:
    """Ankdamms Bygg AB, which Anna runs."""
    return cast.open_house("Ankdamms Bygg AB")


@pytest.fixture
def cecilia() -> cast.House:
    """Cykelhuset, which Cecilia runs: the other tenant."""
    return cast.open_house("Cykelhuset i Lund AB")


@pytest.fixture
def sven() -> User:
    """The curious support agent, a superuser."""
    return cast.support_agent()


@pytest.fixture
def no_valkey(settings: Any) -> None:
    """Nobody answers where the cache should be."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
    away = settings.CACHES["default"] | {"LOCATION": f"redis://127.0.0.1:{port}/0"}
    settings.CACHES = {"default": away}


@pytest.fixture(autouse=True)
def _empty_ledger_and_queues(request: pytest.FixtureRequest) -> None:
    """A test that leaves the databases flushed begins with an empty ledger and no nudges too."""
    mark = request.node.get_closest_marker("django_db")
    if mark and mark.kwargs.get("transaction"):
        empty_ledger()
        empty_queues()


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the configured handler writes while the test runs."""
    (handler,) = [
        each
        for each in logging.getLogger().handlers
        if type(each) is logging.StreamHandler and "structlog" in type(each.formatter).__module__
    ]
    text = io.StringIO()
    before = handler.setStream(text)
    yield text
    handler.setStream(before)


def browser() -> Client:
    """Return a browser behind the TLS proxy that production has."""
    client = Client(headers={"X-Forwarded-Proto": "https"})
    client.handler = loaded_handler()
    return client


@functools.cache
def loaded_handler() -> ClientHandler:
    """Return one handler for all browsers."""
    return ClientHandler(enforce_csrf_checks=False)


@pytest.fixture
def client() -> Client:
    """A stranger's browser."""
    return browser()


@pytest.fixture
def sign_in() -> Any:
    """Return a function: a browser signed in as a member or support agent."""

    def _sign_in(who: Member | User) -> Client:
        client = browser()
        client.force_login(who.user if isinstance(who, Member) else who)
        return client

    return _sign_in


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    cache.clear()


@pytest.fixture(autouse=True)
def _mails_are_text_and_html() -> Iterator[None]:
    """Whatever a test has sent is in the house's form."""
    yield
    for sent in getattr(mail, "outbox", []):
        check_form(message_from_bytes(sent.message().as_bytes(), policy=policy.default))
