"""A message is sent on at once, over real SMTP, and its state says what is known."""

import socket
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import connections, transaction
from django.test.utils import override_settings

from messages.delivery import LEAST_ATTEMPTS, claim, deliver, deliver_due
from messages.models import Delivery, PhoneMessage
from smartsvar.clock import database_now
from tests import cast
from tests.mailbox import html_of, mails_to, text_of
from tests.processes import celery_worker, wait_until

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

State = Delivery.State


@pytest.fixture(autouse=True)
def _real_mail(settings: Any) -> None:
    """Undo the test runner's mailbox in memory: mail goes over SMTP."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"


def delivery_of(message: PhoneMessage) -> Delivery:
    found: Delivery = Delivery.objects.get(message=message)
    return found


def unique(name: str) -> str:
    return f"{name}-{uuid4().hex}@ankdamm.example"


def to(house: cast.House, address: str) -> Delivery:
    """A message for the staff member, whose address is this one."""
    house.staff.email = address
    house.staff.save()
    return delivery_of(cast.message_of(house, staff=house.staff))


def test_the_mail_says_who_called_and_what_about(anna: cast.House) -> None:
    delivery = to(anna, unique("stina"))
    assert deliver(delivery.id) == State.ACCEPTED
    (mail,) = mails_to(delivery.address)
    text = text_of(mail)
    html = html_of(mail)
    for body in (text, html):
        assert cast.PLANTED_NAME in body
        assert "070-174 06 66" in body
        assert cast.PLANTED_MATTER in body
    assert cast.PLANTED_NAME in mail["Subject"]
    assert str(delivery.id) in mail["Message-ID"]
    assert f"/mina-sidor/{anna.customer.number}/meddelanden/{delivery.message_id}/" in text


def test_without_a_staff_member_it_goes_to_the_customers_address(anna: cast.House) -> None:
    delivery = delivery_of(cast.message_of(anna))
    deliver(delivery.id)
    assert len(mails_to(anna.customer.email)) == 1


def test_without_any_address_the_message_waits_on_mina_sidor(anna: cast.House) -> None:
    anna.customer.email = ""
    anna.customer.save()
    message = cast.message_of(anna)
    assert not Delivery.objects.filter(message=message).exists()


def test_it_goes_out_once_however_often_it_is_nudged(anna: cast.House) -> None:
    delivery = to(anna, unique("once"))
    for _ in range(3):
        deliver(delivery.id)
    deliver_due()
    assert len(mails_to(delivery.address)) == 1


def test_a_refusal_for_good_fails_at_once(anna: cast.House) -> None:
    delivery = to(anna, "bounce@ankdamm.example")
    assert deliver(delivery.id) == State.FAILED
    delivery.refresh_from_db()
    assert delivery.error == "smtp_550"


def test_a_refusal_for_now_is_tried_again_later(anna: cast.House) -> None:
    delivery = to(anna, "later@ankdamm.example")
    at = database_now()
    assert deliver(delivery.id) == State.QUEUED
    delivery.refresh_from_db()
    assert delivery.error == "smtp_451"
    assert timedelta(seconds=4) < delivery.next_attempt_at - at < timedelta(minutes=2)
    assert deliver(delivery.id) == ""


def test_after_two_days_it_is_given_up(anna: cast.House) -> None:
    delivery = to(anna, "later@ankdamm.example")
    old = database_now() - timedelta(hours=49)
    tried = LEAST_ATTEMPTS - 1
    Delivery.objects.filter(id=delivery.id).update(created_at=old, attempts=tried)
    assert deliver(delivery.id) == State.DEAD


def test_what_waited_long_for_a_restriction_to_end_is_tried_more_than_once(
    anna: cast.House,
) -> None:
    delivery = to(anna, "later@ankdamm.example")
    old = database_now() - timedelta(hours=72)
    Delivery.objects.filter(id=delivery.id).update(created_at=old)
    assert deliver(delivery.id) == State.QUEUED


def test_no_mail_server_keeps_it_queued_and_it_goes_out_once_later(anna: cast.House) -> None:
    delivery = to(anna, unique("back"))
    with socket.create_server(("127.0.0.1", 0)) as sock:
        free = sock.getsockname()[1]
    with override_settings(EMAIL_PORT=free):
        assert deliver(delivery.id) == State.QUEUED
    Delivery.objects.filter(id=delivery.id).update(next_attempt_at=database_now())
    assert deliver_due() == 1
    assert deliver_due() == 0
    assert len(mails_to(delivery.address)) == 1


@pytest.fixture
def silent_server() -> Iterator[int]:
    """A mail server that takes the whole mail and hangs up without an answer."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        connection, _ = listener.accept()
        with connection, connection.makefile("rwb", buffering=0) as line:
            line.write(b"220 silent\r\n")
            while command := line.readline():
                if command.upper().startswith(b"DATA"):
                    line.write(b"354 go on\r\n")
                    while line.readline() not in {b".\r\n", b""}:
                        pass
                    return
                line.write(b"250 ok\r\n")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield listener.getsockname()[1]
    listener.close()
    thread.join(5)


def test_a_server_that_falls_silent_leaves_the_truth_unknown(
    anna: cast.House, silent_server: int
) -> None:
    delivery = to(anna, "tyst@ankdamm.example")
    with override_settings(EMAIL_PORT=silent_server):
        assert deliver(delivery.id) == State.UNKNOWN
    assert deliver_due() == 0


def test_a_delivery_whose_worker_died_is_unknown_not_sent_twice(anna: cast.House) -> None:
    delivery = to(anna, unique("died"))
    assert claim(delivery.id, database_now()) is not None
    Delivery.objects.filter(id=delivery.id).update(
        lease_until=database_now() - timedelta(seconds=1)
    )
    assert deliver_due() == 1
    delivery.refresh_from_db()
    assert (delivery.state, delivery.error) == (State.UNKNOWN, "worker_died")
    assert mails_to(delivery.address) == []


@pytest.mark.parametrize("state", [State.QUEUED, State.CLAIMED])
def test_nothing_is_mailed_of_a_message_whose_time_is_up(anna: cast.House, state: str) -> None:
    delivery, at = to(anna, unique("due")), database_now()
    past = at - timedelta(seconds=1)
    Delivery.objects.filter(id=delivery.id).update(
        state=state, next_attempt_at=past, lease_until=past if state == State.CLAIMED else None
    )
    PhoneMessage._base_manager.update(due_at=at)
    assert not Delivery.objects.waiting(at).exists()
    assert Delivery.objects.waiting(at - timedelta(microseconds=1)).exists(), "to the moment"
    assert (deliver(delivery.id), deliver_due()) == ("", 0)
    assert mails_to(delivery.address) == []


def test_two_workers_claim_it_once(anna: cast.House) -> None:
    delivery = to(anna, "en@ankdamm.example")
    at = database_now()
    assert claim(delivery.id, at) is not None
    assert claim(delivery.id, at) is None


def test_of_two_workers_that_see_it_waiting_one_gets_it(anna: cast.House) -> None:
    delivery, second = to(anna, "en@ankdamm.example"), []
    at = database_now()

    def late() -> None:
        second.append(claim(delivery.id, at))
        connections.close_all()

    other = threading.Thread(target=late)
    with transaction.atomic():
        assert claim(delivery.id, at) is not None
        other.start()
        time.sleep(0.5)  # it has read the row as waiting, and waits for its lock
    other.join()
    assert second == [None]
    assert delivery_of(delivery.message).attempts == 1


@pytest.mark.parametrize(
    "evil", ["Kalle\r\nBcc: alla@ankdamm.example", "\x00", "<script>alert(1)</script>"]
)
def test_a_hostile_name_makes_no_header_and_no_markup(anna: cast.House, evil: str) -> None:
    anna.staff.email = unique("evil")
    anna.staff.save()
    delivery = delivery_of(cast.message_of(anna, staff=anna.staff, caller_name=evil))
    assert deliver(delivery.id) == State.ACCEPTED
    (mail,) = mails_to(delivery.address)
    assert mail["Bcc"] is None
    assert "<script>" not in html_of(mail)
    assert mails_to("alla@ankdamm.example") == []


def test_with_the_worker_stopped_it_waits_and_goes_out_once_after_the_start(
    anna: cast.House, tmp_path: Path, settings: Any
) -> None:
    delivery = to(anna, unique("worker"))
    assert delivery.state == State.QUEUED
    assert mails_to(delivery.address) == []
    with celery_worker(tmp_path / "worker.log"):
        wait_until(lambda: mails_to(delivery.address), 40, "the waiting mail")
        second = to(anna, unique("second"))
        wait_until(lambda: mails_to(second.address), 20, "the second mail")
        wait_until(
            lambda: Delivery.objects.get(id=second.id).state == State.ACCEPTED, 10, "its state"
        )
    assert len(mails_to(delivery.address)) == 1
    assert len(mails_to(second.address)) == 1
