"""A dead or slow mail server holds up little; a mail that cannot be written says so."""

import socket
from datetime import timedelta
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf import settings as configured

from messages.delivery import RUN_SECONDS, deliver, deliver_due
from messages.models import Delivery
from messages.models.delivery import LEASE
from smartsvar import letters, mail
from smartsvar.celery import app
from tests import cast
from tests.messages.test_delivery import delivery_of, to, unique

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

State = Delivery.State
SMTP_STEPS = 16
"""Connection, greeting, EHLO, HELO, STARTTLS, handshake, EHLO, AUTH (3), MAIL, RCPT, DATA, content,
RSET, QUIT."""


@pytest.fixture(autouse=True)
def _real_mail(settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"


@pytest.fixture
def three(anna: cast.House) -> list[Delivery]:
    return [delivery_of(cast.message_of(anna)) for _ in range(3)]


def test_without_a_mail_server_one_finds_out_for_all(three: list[Delivery], settings: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        settings.EMAIL_PORT = sock.getsockname()[1]
    assert deliver_due() == 1
    found = [Delivery.objects.get(id=each.id) for each in three]
    assert sorted(each.attempts for each in found) == [0, 0, 1]
    assert {each.state for each in found} == {State.QUEUED}
    untouched = [each for each in found if not each.attempts]
    before = {each.id: each.next_attempt_at for each in three}
    assert all(each.next_attempt_at == before[each.id] for each in untouched)


def test_a_slow_mail_server_holds_a_run_no_longer_than_its_budget(
    three: list[Delivery], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = count(step=RUN_SECONDS * 0.6)  # seconds that pass between two looks at the clock
    monkeypatch.setattr("messages.delivery.time", SimpleNamespace(monotonic=lambda: next(clock)))
    assert deliver_due() == 1
    assert Delivery.objects.filter(state=State.QUEUED, attempts=0).count() == 2


def test_a_run_ends_before_the_next_begins() -> None:
    assert app.conf.beat_schedule["send what waits"]["schedule"] > RUN_SECONDS


def test_the_lease_outlasts_the_longest_dialogue() -> None:
    assert timedelta(seconds=SMTP_STEPS * configured.EMAIL_TIMEOUT) < LEASE


@pytest.mark.parametrize(
    "address", [f"a@{'å' * 60}.se", "a@b\r\nBcc: c@d.se"], ids=["long", "newline"]
)
def test_an_address_that_cannot_be_written_fails_at_once(anna: cast.House, address: str) -> None:
    delivery = to(anna, unique("stina"))
    delivery.address, delivery.staff = address, None  # the register's would be taken
    delivery.save()
    assert deliver(delivery.id) == State.FAILED
    delivery.refresh_from_db()
    assert (delivery.error, delivery.lease_until) == ("bad_address", None)


def _fail(*args: object) -> str:
    raise KeyError("missing")


def test_a_mail_that_cannot_be_written_fails_with_the_errors_name(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    delivery = to(anna, unique("stina"))
    monkeypatch.setattr(letters, "render_to_string", _fail)
    monkeypatch.setattr(mail, "get_connection", lambda: pytest.fail("a connection"))
    assert deliver(delivery.id) == State.FAILED
    delivery.refresh_from_db()
    assert delivery.error == "KeyError"
