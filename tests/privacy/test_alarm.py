"""The dead-man's alarm: red and one mail when no purge has completed in time, whoever is dead."""

import io
import json
import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from privacy.models import PurgeRun, Watch
from privacy.purging import alarm
from privacy.tasks import purge_due, watch_purge
from smartsvar import mail
from smartsvar.clock import database_now
from tests import cast
from tests.mailbox import mails_to, text_of
from tests.privacy.test_purge import age

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

LIMIT = timedelta(minutes=15)
SECOND = timedelta(seconds=1)


@pytest.fixture
def operator(settings: Any) -> str:
    """The operator's address, with a mailbox of its own."""
    address = f"drift-{uuid4().hex[:8]}@operator.example"
    settings.OPERATORS_EMAIL = [address]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    return address


def run(ended: datetime, *, undone: int = 0) -> PurgeRun:
    return PurgeRun.objects.create(
        started_at=ended - timedelta(minutes=1), ended_at=ended, undone=undone
    )


def test_at_the_limit_all_is_well_and_a_second_later_it_is_not(operator: str) -> None:
    now = database_now()
    run(now - LIMIT)
    assert alarm.stopped_since(now) is None
    assert alarm.stopped_since(now + SECOND) == now - LIMIT


def test_the_health_endpoint_is_red_names_the_part_in_the_log_only_and_mails_once(
    client: Client, operator: str, log: io.StringIO
) -> None:
    run(database_now() - LIMIT - SECOND)
    for _ in range(3):
        answer = client.get("/healthz/")
        assert (answer.status_code, answer.json()) == (503, {"status": "unavailable"})
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    assert {line["part"] for line in lines if "part" in line} == {"purge"}
    (sent,) = mails_to(operator)
    assert "no purge" in text_of(sent).lower()


def test_it_is_green_again_after_a_run_and_the_next_outage_is_told_of_too(
    client: Client, operator: str
) -> None:
    first = run(database_now() - LIMIT - SECOND)
    assert client.get("/healthz/").status_code == 503
    purge_due()
    assert client.get("/healthz/").status_code == 200
    PurgeRun.objects.exclude(id=first.id).update(ended_at=database_now() - LIMIT - SECOND / 2)
    first.delete()
    assert client.get("/healthz/").status_code == 503
    assert len(mails_to(operator)) == 2


def test_the_mail_workers_task_tells_too_and_both_together_tell_once(
    client: Client, operator: str
) -> None:
    run(database_now() - LIMIT - SECOND)
    assert watch_purge() is False
    client.get("/healthz/")
    assert watch_purge() is False
    assert len(mails_to(operator)) == 1
    purge_due()
    assert watch_purge() is True


def test_a_service_that_never_purged_counts_from_when_it_was_first_watched(operator: str) -> None:
    now = database_now()
    assert alarm.stopped_since(now) is None
    assert alarm.stopped_since(now + LIMIT) is None
    assert alarm.stopped_since(now + LIMIT + SECOND) == now


@pytest.mark.parametrize("kind", ["died", "left something undone"])
def test_a_run_that_did_not_come_to_its_end_is_none(kind: str, operator: str) -> None:
    now = database_now()
    run(now - LIMIT - SECOND)
    PurgeRun.objects.create(started_at=now) if kind == "died" else run(now, undone=1)
    assert alarm.stopped_since(now) is not None


def test_a_storage_that_stays_away_rings_too(
    anna: cast.House, client: Client, operator: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    age(cast.call_of(anna), database_now())
    run(database_now() - LIMIT - SECOND)

    def away(*_: object) -> None:
        raise OSError("away")

    monkeypatch.setattr("smartsvar.shredding.actions._delete_bytes", away)
    purge_due()
    assert client.get("/healthz/").status_code == 503


def test_a_mail_server_that_is_away_is_asked_again_after_five_minutes(
    operator: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = database_now()
    since = now - LIMIT - SECOND
    run(since)
    with monkeypatch.context() as patch:

        def away(_: object) -> None:
            raise mail.TryAgain(mail.NO_CONNECTION)

        patch.setattr(mail, "send", away)
        assert not alarm.tell(since, now)
    assert not alarm.tell(since, now + timedelta(minutes=4))
    assert not mails_to(operator)
    assert alarm.tell(since, now + timedelta(minutes=5, seconds=1))
    assert not alarm.tell(since, now + timedelta(minutes=30))
    assert len(mails_to(operator)) == 1


def test_the_operator_can_set_another_limit(settings: Any) -> None:
    settings.PURGE_ALARM_MINUTES = 60
    now = database_now()
    run(now - timedelta(minutes=59))
    assert alarm.stopped_since(now) is None
    assert alarm.stopped_since(now + timedelta(minutes=2)) is not None


def test_without_an_operators_address_it_is_red_all_the_same(client: Client, settings: Any) -> None:
    settings.OPERATORS_EMAIL = []
    before = len(list(Path(os.environ["TEST_SMTP_DIR"]).glob("*.eml")))
    run(database_now() - LIMIT - SECOND)
    assert client.get("/healthz/").status_code == 503
    assert len(list(Path(os.environ["TEST_SMTP_DIR"]).glob("*.eml"))) == before
    assert not Watch.objects.exclude(told_of=None).exists()
