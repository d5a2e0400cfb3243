"""The whole way of a call and a message through real processes, and what is left of them.

A real web server, a real worker, the API over HTTP, mail over SMTP, and one tick of the schedule.
Everything that lies on disk is searched for what was planted, before and after.
"""

import os
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from celery.beat import Scheduler
from django.conf import settings
from django.core.files.storage import FileSystemStorage, storages
from django.db import connections

from messages.models import PhoneMessage
from recordings.models import Recording
from smartsvar.audit.models import AuditEntry
from smartsvar.celery import app
from smartsvar.clock import database_now
from smartsvar.shredding.models import Receipt
from smartsvar.vault.models import RecordKey
from tests import cast
from tests.mailbox import mails_to
from tests.privacy.test_purge import age
from tests.processes import celery_worker, wait_until

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

AUDIO = cast.tone(5)
# Words of its own: other tests write the cast's in clear on purpose, beside it in the same cluster.
NAME, NUMBER = "Ulrika Livstid-Utplånad", "+46701740688"
MATTER, COMPANY = "Utplånat ärende: hissen står still", "Utplånade Hissar AB"
PLANTED = [
    NAME.encode(),
    b"Ulrika",
    "Utplånad".encode(),
    NUMBER.encode(),
    NUMBER[3:].encode(),
    MATTER.encode(),
    COMPANY.encode(),
    AUDIO[20_000:20_032],
]


def on_disk(logs: Path) -> Iterator[tuple[str, bytes]]:
    """Yield every file that the service or its database, broker and storage have written.

    The mailbox is left out: it is the recipient's.
    """
    folders = [logs, Path(os.environ["TEST_SERVICE_LOGS"]), Path(settings.ANCHOR_DIR)]
    folders += [Path(settings.SPOOL_DIR), Path(os.environ["VAR_DIR"])]
    for alias, cluster in (("default", "TEST_PGDATA_MAIN"), ("keys", "TEST_PGDATA_KEYS")):
        if connections[alias].vendor == "sqlite":
            name = Path(connections[alias].settings_dict["NAME"])
            yield from ((str(p), p.read_bytes()) for p in name.parent.glob(f"{name.name}*"))
        else:
            connections[alias].cursor().execute("CHECKPOINT") if _may_checkpoint(alias) else None
            folders.append(Path(os.environ[cluster]))
    for folder in folders:
        yield from files_in(folder)
    yield from stored()


def files_in(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Yield a folder's files; one that its server removes meanwhile holds nothing any more."""
    for path in folder.rglob("*"):
        try:
            if path.is_file():
                yield str(path), path.read_bytes()
        except FileNotFoundError:
            continue


def _may_checkpoint(alias: str) -> bool:
    with connections[alias].cursor() as cursor:
        cursor.execute("SELECT pg_has_role(current_user, 'pg_checkpoint', 'MEMBER')")
        return bool(cursor.fetchone()[0])


def stored() -> Iterator[tuple[str, bytes]]:
    for alias in ("sealed", "ledger"):
        storage: Any = storages[alias]
        if isinstance(storage, FileSystemStorage):
            yield from files_in(Path(storage.location))
        else:
            for version in storage.bucket.object_versions.all():
                if version.size is not None:
                    yield version.object_key, version.get()["Body"].read()


def leaks(logs: Path) -> tuple[int, list[str]]:
    """Return how many files were searched, and where something planted was found."""
    found, count = [], 0
    for name, content in on_disk(logs):
        count += 1
        found += [f"{what!r} in {name}" for what in PLANTED if what in content]
    return count, found


def deliver_all(site: str, house: cast.House) -> tuple[Recording, PhoneMessage]:
    """Post a recording and a message of one call as an integrator does, and play it once."""
    now = database_now()
    caller = {
        "caller_name": NAME,
        "caller_number": NUMBER,
        "call_id": "samtal-1",
    }
    call = {**caller, "started_at": (now - timedelta(seconds=5)).isoformat()}
    words = {
        **caller,
        "taken_at": now.isoformat(),
        "matter": MATTER,
        "caller_company": COMPANY,
    }
    with httpx.Client(
        base_url=f"{site}/api/v1", headers={"Authorization": f"Bearer {house.secret}"}, timeout=20
    ) as api:
        posted = api.post("/recordings/", data=call, files={"audio": ("a.wav", AUDIO, "audio/wav")})
        assert posted.status_code == 201, posted.text
        taken = api.post("/messages/", json=words)
        assert taken.status_code == 201, taken.text
        assert api.get(f"/recordings/{posted.json()['id']}/audio/").content == AUDIO
        assert api.get("/messages/").json()["results"][0]["matter"] == MATTER
    return Recording.objects.get(id=posted.json()["id"]), PhoneMessage.objects.get(
        id=taken.json()["id"]
    )


def tick(name: str) -> None:
    """Do what beat does when this entry's time has come."""
    scheduler = Scheduler(app=app)
    scheduler.apply_entry(scheduler.schedule[name])


def test_a_call_and_its_message_come_are_used_and_go_on_time(
    site: str, anna: cast.House, tmp_path: Path
) -> None:
    with celery_worker(tmp_path / "worker.log"):
        call, message = deliver_all(site, anna)
        bystander = cast.call_of(anna, caller_name="Annan Person", caller_number="+46701740699")
        wait_until(lambda: mails_to(anna.customer.email), 30, "the message's mail")
        count, found = leaks(tmp_path)
        assert count > 10
        assert found == []

        for row in (call, message):
            age(row, database_now())
        tick("purge what is due")
        wait_until(lambda: not Recording.objects.filter(id=call.id).exists(), 30, "the purge")
        wait_until(lambda: not PhoneMessage.objects.filter(id=message.id).exists(), 30, "the purge")

    assert list(Recording.objects.all()) == [bystander]
    assert not RecordKey.objects.filter(id__in=[call.key_id, message.key_id]).exists()
    assert [name for name, _ in stored() if str(call.id) in name] == []
    assert any(str(bystander.id) in name for name, _ in stored())
    assert Receipt.objects.filter(customer_id=anna.customer.id, reason="retention").count() == 2
    verbs = AuditEntry.objects.filter(object_id=call.id).values_list("verb", flat=True)
    assert sorted(verbs) == ["recording.played", "recording.purged", "recording.received"]
    count, found = leaks(tmp_path)
    assert found == []
