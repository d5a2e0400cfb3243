"""A rotation in a process of its own: killed, doubled, and beside one that uses the service."""

import re
import subprocess
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from messages.models import PhoneMessage
from smartsvar.vault import epochs, memory
from smartsvar.vault.models import RecordKey
from smartsvar.vault.rotation import steps
from tests import cast
from tests.processes import running, wait_until
from tests.vault.side import MEMORY
from tests.vault.test_rotation import all_at, keys_of, reads_well, rotations_of, search

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

SIDE = "tests.vault.side"
MESSAGES = 60
# What the command says when it comes to each part of its work, and how long it is to wait there.
PARTS = [
    ("new keys made", "60"),
    (r"record keys of .*: \d\d/", "60"),
    ("waiting", "60"),
    ("indexes computed", "1"),
]


@pytest.fixture(autouse=True)
def _short_memory(monkeypatch: Any) -> None:
    """Remember as briefly as the processes beside us."""
    monkeypatch.setattr(memory, "CACHE_SECONDS", MEMORY)
    monkeypatch.setattr(epochs, "MARGIN_SECONDS", MEMORY)


def messages_of(house: cast.House) -> set[UUID]:
    return {cast.message_of(house).id for _ in range(MESSAGES)}


def ended_well(process: "subprocess.Popen[bytes]", log: Path) -> None:
    assert process.wait(60) == 0, log.read_text()


def kill_at(part: str, command: list[str], log: Path) -> None:
    """Start the command and `kill -9` it as soon as it says that it is there."""
    with running(command, log, {}) as process:
        wait_until(lambda: re.search(part, log.read_text()), 30, part)
        process.kill()
        assert process.wait(5) == -9


def test_killed_in_every_part_of_its_work_it_is_carried_on(
    anna: cast.House, tmp_path: Path
) -> None:
    messages = messages_of(anna)
    for number, (part, wait) in enumerate(PARTS):
        kill_at(part, [SIDE, "rotate", "--customers", "--wait", wait], tmp_path / f"{number}.log")
        assert reads_well(anna)
        assert search(anna) == messages
    assert steps.unfinished() == [anna.customer.id]
    last = tmp_path / "last.log"
    with running([SIDE, "rotate", "--customers"], last, {}) as process:
        ended_well(process, last)
    assert keys_of(anna) == all_at(2)
    assert reads_well(anna)
    assert search(anna) == messages
    assert rotations_of(anna) == 1


def test_two_at_once_do_no_harm(anna: cast.House, tmp_path: Path) -> None:
    messages = messages_of(anna)
    one, two = tmp_path / "one.log", tmp_path / "two.log"
    command = [SIDE, "rotate", "--customers"]
    with running(command, one, {}) as first, running(command, two, {}) as second:
        ended_well(first, one)
        ended_well(second, two)
    assert not steps.unfinished()
    assert {len(epochs) for epochs in keys_of(anna).values()} == {1}
    assert reads_well(anna)
    assert search(anna) == messages


def test_members_notice_nothing_of_two_rotations(anna: cast.House, tmp_path: Path) -> None:
    messages_of(anna)
    using, rotating = tmp_path / "using.log", tmp_path / "rotating.log"
    with running([SIDE, "use", str(anna.customer.id)], using, {}):
        wait_until(lambda: "round 3" in using.read_text(), 30, "somebody using the service")
        for _ in range(2):
            with running([SIDE, "rotate", "--customers"], rotating, {}) as process:
                ended_well(process, rotating)
        rounds = using.read_text().count("round")
        wait_until(lambda: using.read_text().count("round") > rounds + 3, 20, "going on")
    assert "FAILED" not in using.read_text(), using.read_text()
    assert keys_of(anna) == all_at(3)
    assert reads_well(anna)
    stored = set(PhoneMessage.objects.of(anna.customer).values_list("id", flat=True))
    assert search(anna) == stored
    keys = RecordKey.objects.filter(model="phone_messages.PhoneMessage")
    extra = set(keys.values_list("object_id", flat=True)) - stored
    assert len(extra) <= 1  # the key of the message that was being taken when we ended the process
