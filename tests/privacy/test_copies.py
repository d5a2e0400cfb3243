"""The copy map: every copy has an owner, and what it says of its death is true."""

from typing import Any

import pytest
from django.apps import apps

from messages.models import Delivery, PhoneMessage
from privacy.copies import check_copies, faults_of
from privacy.record.copies import CopyLine, copy_map, sources
from recordings.models import Recording
from smartsvar.personal_data import Copy, Death, Spread, declared
from smartsvar.shredding.models import ErasedBatch
from smartsvar.vault.models import RecordKey

MESSAGE, CALL = PhoneMessage._meta.label, Recording._meta.label


def codes(owner: Any, **said: Any) -> list[str]:
    known = {"what": "a copy", "of": MESSAGE, "dies": Death.WITH_SOURCE}
    return [str(fault.id) for fault in faults_of(CopyLine(owner, Copy(**(known | said))))]


def test_the_projects_copies_die_in_time() -> None:
    assert check_copies(None) == []


def test_every_declared_copy_is_on_the_map() -> None:
    lines = copy_map()
    assert {Delivery, RecordKey, ErasedBatch} <= {line.owner for line in lines}
    declared_copies = sum(
        len(getattr(getattr(model, "personal_data", None), "copies", ()))
        for model in apps.get_models()
    )
    assert len(lines) == declared_copies


def test_every_model_with_personal_data_has_its_backups_on_the_map() -> None:
    met = {
        model
        for line in copy_map()
        if line.copy.dies in {Death.WITH_KEY, Death.OVERWRITTEN}
        for model, _ in sources(line.copy)
    }
    without = {model for model, said in declared() if said.export and model not in met}
    assert not without


def test_every_recording_and_its_audio_have_theirs() -> None:
    audio = [line for line in copy_map() if line.copy.of is Spread.AUDIO]
    assert audio
    assert all(Recording in dict(sources(line.copy)) for line in audio)


@pytest.mark.parametrize(
    ("owner", "said"),
    [
        (Delivery, {"of": CALL}),  # not its parent
        (RecordKey, {}),  # no row that lives and dies with anything
        (RecordKey, {"of": "account.EmailAddress", "dies": Death.WITH_KEY}),  # in the clear
        (RecordKey, {"of": Spread.UNSEALED, "dies": Death.WITH_KEY}),
        (PhoneMessage, {"of": CALL, "dies": Death.NAMES_ONLY}),  # holds content
        (RecordKey, {"dies": Death.HANDED_OVER}),  # its owner has no end of its own
        (ErasedBatch, {"of": MESSAGE, "dies": Death.OVERWRITTEN, "within": "LEDGER_DAYS"}),
        (ErasedBatch, {"of": Spread.UNSEALED, "dies": Death.OVERWRITTEN, "because": "x"}),
        (
            ErasedBatch,
            {"of": Spread.UNSEALED, "dies": Death.OVERWRITTEN, "within": "LEDGER_DAYS"},
        ),
    ],
)
def test_a_copy_that_would_outlive_its_source_fails_the_check(owner: Any, said: Any) -> None:
    assert codes(owner, **said) == ["smartsvar.E021"]


@pytest.mark.parametrize("label", ["recordings.Nothing", "vault.RecordKey", "nonsense"])
def test_a_copy_of_what_holds_no_personal_data_fails_the_check(label: str) -> None:
    assert codes(Delivery, of=label) == ["smartsvar.E020"]


def test_a_setting_of_no_days_fails_the_check(settings: Any) -> None:
    settings.LEDGER_DAYS = 0
    said = {"of": Spread.UNSEALED, "dies": Death.OVERWRITTEN, "within": "LEDGER_DAYS"}
    assert codes(ErasedBatch, because="x", **said) == ["smartsvar.E021"]
