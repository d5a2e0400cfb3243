"""The demo's data: believable, fictional, and the same after a second run."""

import io
import json
import re
import stat
import wave
from collections import Counter
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import phonenumbers
import pytest
import soundfile
from allauth.account.models import EmailAddress
from django.apps import apps
from stdnum.se import orgnr

from customers.actions.keys import find_api_key
from customers.models import Absence, ApiKey, Customer, Member, StaffMember, User
from messages.models import Delivery, PhoneMessage
from privacy.cases.clock import days_left
from privacy.cases.steps import day_of
from privacy.models import Case
from privacy.purging.due import differences
from recordings.actions import play_recording
from recordings.models import ListeningGrant, Recording
from smartsvar.clock import database_now
from smartsvar.demo import environment
from smartsvar.demo.data import fill
from smartsvar.demo.traffic import start_for
from smartsvar.demo.voices import make_call
from smartsvar.personal_data import Keep, later
from subprocessors.coverage import uncovered

pytestmark = [  # a demo stands on SQLite
    pytest.mark.django_db(databases="__all__"),
    pytest.mark.either_stack,
]

FICTION = re.compile(
    r"\+4670174060[5-9]|\+46701740[6][1-9]\d|\+468465004\d\d|\+447700900\d{3}|\+1\d{3}55501\d\d"
)


make_call_once = cache(make_call)  # the same calls for every test


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("smartsvar.demo.traffic.make_call", make_call_once)


@pytest.fixture
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "var"
    monkeypatch.setattr(environment, "VAR", folder)
    return folder


@pytest.fixture
def facts(var: Path) -> dict[str, Any]:
    """What the file tells after one run."""
    fill(at=database_now())
    told: dict[str, Any] = json.loads((var / "demo.json").read_text())
    return told


def counts() -> dict[str, int]:
    """Rows by model; what every sign-in or use of a key may add to is left out."""
    return {model._meta.label: model._base_manager.count() for model in apps.get_models()}


def test_a_second_run_changes_nothing(facts: dict[str, Any], var: Path) -> None:
    rows, passwords = counts(), list(User.objects.order_by("id").values_list("password"))
    fill(at=database_now())
    assert counts() == rows
    assert list(User.objects.order_by("id").values_list("password")) == passwords
    assert json.loads((var / "demo.json").read_text()) == facts


def test_what_is_gone_stays_gone(facts: dict[str, Any]) -> None:
    ListeningGrant.objects.update(recording=None)
    Recording.objects.all()._raw_delete("default")
    fill(at=database_now())
    assert not Recording.objects.exists()


def test_a_run_that_was_broken_off_is_completed(var: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*args: Any, **kwargs: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr("smartsvar.demo.data.take_messages", stop)
        with pytest.raises(KeyboardInterrupt):
            fill(at=database_now())
    begun = Recording.objects.count()
    fill(at=database_now())
    assert Customer.objects.count() == 2
    by_customer = Counter(Recording.objects.values_list("customer__number", flat=True))
    assert begun == max(by_customer.values())
    assert PhoneMessage.objects.values("customer").distinct().count() == 2


def test_without_its_file_the_logins_are_made_anew_and_the_people_kept(
    facts: dict[str, Any], var: Path
) -> None:
    people = User.objects.count()
    (var / "demo.json").unlink()
    fill(at=database_now())
    assert User.objects.count() == people
    for login in json.loads((var / "demo.json").read_text())["logins"]:
        assert User.objects.get(email=login["email"]).check_password(login["password"])


def test_the_file_is_the_owners_alone_and_its_logins_and_keys_work(
    facts: dict[str, Any], var: Path
) -> None:
    assert stat.S_IMODE((var / "demo.json").stat().st_mode) == 0o600
    for login in facts["logins"]:
        user = User.objects.get(email=login["email"])
        assert user.check_password(login["password"])
        assert EmailAddress.objects.get(user=user).verified
        assert login["who"]
    at = database_now()
    mine, everyones = (find_api_key(facts[name], at) for name in ("api_key", "platform_key"))
    assert mine is not None
    assert everyones is not None
    assert mine.customer is not None
    assert everyones.customer is None
    with wave.open(facts["sample_wav"], "rb") as sample:
        assert sample.getnframes() / sample.getframerate() == 20


def test_each_customer_has_every_role_a_register_and_somebody_is_in_both(
    facts: dict[str, Any],
) -> None:
    for customer in Customer.objects.all():
        roles = Member.objects.of(customer).values_list("role", flat=True)
        assert set(roles) == {"administrator", "member", "reader"}
        assert 8 <= StaffMember.objects.of(customer).count() <= 15
        away = Absence.objects.of(customer).in_force(database_now())
        assert away.count() >= 2
        assert ApiKey.objects.filter(customer=customer).exists()
        assert orgnr.is_valid(customer.organisation_number)
    memberships = Counter(Member.objects.values_list("user_id", flat=True))
    assert sorted(memberships.values())[-1] == 2
    assert User.objects.filter(is_staff=True).count() == 1


def test_stored_dates_are_the_derived_ones_and_some_come_soon(facts: dict[str, Any]) -> None:
    assert differences() == {}
    now = database_now()
    for model in (Recording, PhoneMessage):
        dates = [row.due_at for row in model.objects.all()]
        left = sorted(date - now for date in dates if date)
        assert len(left) == len(dates)
        assert left[0] > timedelta(minutes=1)
        assert left[0] < timedelta(minutes=15)
        assert left[2] < timedelta(days=1)
        assert left[-1] > timedelta(days=60)


def test_every_call_plays_in_its_format_and_has_a_believable_past(facts: dict[str, Any]) -> None:
    formats: Counter[tuple[str, str]] = Counter()
    members = {member.customer_id: member for member in Member.objects.all()}
    now = database_now()
    for call in Recording.objects.select_related("customer"):
        reader = play_recording(call, by=members[call.customer_id], at=now)
        with soundfile.SoundFile(io.BytesIO(reader.read_range(0, reader.size))) as sound:
            formats[sound.format, sound.subtype] += 1
        assert call.started_at < call.ended_at <= call.received_at + timedelta(minutes=1)
        assert call.received_at < now
        assert 3000 <= call.duration_ms <= 300_100
    assert {kind for kind, _ in formats} == {"WAV", "MP3", "OGG", "FLAC"}
    assert {"PCM_16", "ALAW", "ULAW", "OPUS"} <= {subtype for _, subtype in formats}
    assert sum(formats.values()) >= 40


def test_some_calls_have_a_message_and_some_callers_are_withheld_foreign_or_sip(
    facts: dict[str, Any],
) -> None:
    calls: list[Any] = list(Recording.objects.all())
    notes: list[Any] = list(PhoneMessage.objects.all())
    assert len({call.call_id for call in calls} & {note.call_id for note in notes}) > 5
    numbers = {row.caller_number for row in (*calls, *notes)}
    assert "" in numbers
    assert any(number.startswith("sip:") for number in numbers)
    assert any(number.startswith("+44") for number in numbers)


def test_only_the_newest_messages_wait_to_be_sent_and_some_were_refused(
    facts: dict[str, Any],
) -> None:
    states = Counter(Delivery.objects.values_list("state", flat=True))
    assert 1 <= states["queued"] <= 3
    assert states["failed"] >= 2
    assert states["unknown"] >= 1
    assert states["accepted"] > 30
    assert not Delivery.objects.exclude(state="queued").filter(settled_at=None).exists()


def test_all_numbers_and_addresses_are_fictional(facts: dict[str, Any]) -> None:
    rows: list[Any] = [*Customer.objects.all(), *StaffMember.objects.all()]
    rows += [*Recording.objects.all(), *PhoneMessage.objects.all(), *Delivery.objects.all()]
    names = ("phone", "caller_number", "called_number")
    numbers = {getattr(row, name, "") for row in rows for name in names} - {""}
    for number in numbers:
        assert number.startswith("sip:") or FICTION.fullmatch(number), number
        assert number.startswith("sip:") or phonenumbers.is_possible_number(
            phonenumbers.parse(number)
        )
    addresses = {
        getattr(row, name, "") for row in rows for name in ("email", "caller_email", "address")
    }
    addresses |= set(User.objects.values_list("email", flat=True))
    assert all(address.endswith(".example") for address in addresses - {""})


@pytest.mark.parametrize("days", [None, 30])
@pytest.mark.parametrize("month", range(1, 13))
def test_a_call_that_is_to_expire_soon_expires_soon_from_any_day(
    month: int, days: int | None
) -> None:
    keep = Keep(months=3, since="ended_at")
    for day in (1, 15, 28):
        due = later(database_now().replace(month=month, day=day), days=2)
        start = start_for(due, keep, days)
        end = later(start, months=3) if days is None else later(start, days=days)
        assert timedelta() <= end - due <= timedelta(days=4)


def test_requests_stand_in_every_state_and_none_is_overdue(facts: dict[str, Any]) -> None:
    cases: list[Any] = list(Case.objects.all())
    states = Counter(case.state for case in cases)
    assert states["granted"] == states["refused"] == states["identified"] == 1
    assert states["received"] >= 2
    today = day_of(database_now())
    left = sorted(days_left(case.answer_by, today) for case in cases if case.open)
    assert 0 <= left[0] <= 8
    assert all(case.wish for case in cases if case.target == "caller")
    shown = Recording.objects.live().count()
    assert 0 < shown < Recording.objects.count()  # a caller is restricted


def test_somebody_is_entered_for_every_purpose_of_the_declarations(facts: dict[str, Any]) -> None:
    assert uncovered(day_of(database_now())) == []


def test_messages_are_handled_assigned_and_noted_and_some_wait(facts: dict[str, Any]) -> None:
    for customer in Customer.objects.all():
        mine = PhoneMessage.objects.of(customer)
        assert mine.handled().exists()
        assert mine.unhandled().exists()
        assert mine.exclude(assigned_to=None).unhandled().exists()
        assert mine.filter(notes__isnull=False).exists()
