"""Receipts of deletion: one per run and customer, signed, chained, and checked without us."""

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from privacy.models import PurgeRun, SignedReceipt, SigningKey
from privacy.purging.runs import run_purge
from privacy.receipts import issue, keys, verify
from privacy.receipts.files import chain_of
from privacy.tasks import purge_due
from recordings.actions import delete_recording
from smartsvar.clock import database_now
from smartsvar.settings import BASE_DIR
from smartsvar.shredding.models import Receipt
from smartsvar.vault.errors import RootUnreachable
from smartsvar.vault.keys import forget_keys
from smartsvar.vault.models import RecordKey
from tests import cast
from tests.privacy.test_purge import age

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


def purge_one(house: cast.House) -> None:
    age(cast.message_of(house), database_now())
    purge_due()


def file_of(house: cast.House) -> dict[str, Any]:
    document: dict[str, Any] = json.loads("".join(chain_of(house.customer.id)))
    return document


def faults(document: dict[str, Any]) -> list[str]:
    return list(verify.faults(document, keys.published()))


def test_a_run_leaves_each_customer_one_signed_receipt_of_all_that_went(
    anna: cast.House, cecilia: cast.House
) -> None:
    for row in (cast.call_of(anna), cast.call_of(anna), cast.message_of(anna)):
        age(row, database_now())
    age(cast.message_of(cecilia), database_now())
    purge_due()
    (annas,) = SignedReceipt.objects.filter(customer_id=anna.customer.id)
    (cecilias,) = SignedReceipt.objects.filter(customer_id=cecilia.customer.id)
    fact = json.loads(annas.fact)
    went = {(each["model"], each["reason"]): each["count"] for each in fact["deleted"]}
    assert went == {
        ("phone_messages.PhoneMessage", "retention"): 1,
        ("recordings.Recording", "retention"): 2,
    }
    assert (annas.count, cecilias.count) == (3, 1)
    run = PurgeRun.objects.get()
    assert fact["run"] == json.loads(cecilias.fact)["run"] == str(run.id)
    assert (run.deleted, run.receipts, run.undone) == (4, 2, 0)
    assert faults(file_of(anna)) == faults(file_of(cecilia)) == []


def test_a_receipt_says_nothing_of_the_call(anna: cast.House) -> None:
    call = cast.call_of(anna)
    age(call, database_now())
    purge_due()
    text = SignedReceipt.objects.get().fact
    for secret in (str(call.id), str(call.key_id), cast.PLANTED_NAME, cast.PLANTED_NUMBER[3:]):
        assert secret not in text


def test_what_anna_deletes_herself_is_in_the_next_runs_receipt(anna: cast.House) -> None:
    delete_recording(cast.call_of(anna), by=anna.administrator)
    assert not SignedReceipt.objects.exists()
    purge_due()
    (each,) = json.loads(SignedReceipt.objects.get().fact)["deleted"]
    assert (each["model"], each["reason"], each["count"]) == ("recordings.Recording", "request", 1)


def test_a_run_with_nothing_to_delete_signs_nothing(anna: cast.House) -> None:
    purge_one(anna)
    purge_due()
    assert SignedReceipt.objects.count() == 1
    assert SigningKey.objects.count() == 1


def test_receipts_follow_each_other_and_the_chain_holds(
    anna: cast.House, cecilia: cast.House
) -> None:
    for house in (anna, cecilia, anna, anna):
        purge_one(house)
    chain = [signed["fact"] for signed in file_of(anna)["receipts"]]
    assert [fact["sequence"] for fact in chain] == [1, 2, 3]
    assert chain[0]["previous"] == verify.GENESIS
    assert chain[2]["previous"] == verify.digest(chain[1])
    assert faults(file_of(anna)) == []


def test_a_run_that_died_before_it_signed_is_receipted_by_the_next(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    age(cast.message_of(anna), database_now())
    with monkeypatch.context() as patch:

        def died(*_: object) -> int:
            raise SystemExit

        patch.setattr("privacy.purging.runs.issue", died)
        with pytest.raises(SystemExit):
            purge_due()
    assert Receipt.objects.filter(signed_in=None).count() == 1
    assert PurgeRun.last_complete() is None
    purge_due()
    receipt = SignedReceipt.objects.get()
    assert Receipt.objects.get().signed_in == receipt.id
    purge_due()
    assert SignedReceipt.objects.count() == 1


def test_a_run_that_dies_while_it_signs_leaves_neither_a_receipt_nor_a_mark(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    age(cast.message_of(anna), database_now())
    real = type(Receipt.objects.all()).update
    with monkeypatch.context() as patch:

        def died(self: Any, **values: Any) -> int:
            if "signed_in" in values:
                raise SystemExit
            return real(self, **values)

        patch.setattr(type(Receipt.objects.all()), "update", died)
        with pytest.raises(SystemExit):
            purge_due()
    assert not SignedReceipt.objects.exists()
    purge_due()
    assert (SignedReceipt.objects.count(), faults(file_of(anna))) == (1, [])


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda f: f["deleted"][0].update(count=99), "its signature does not fit"),
        (lambda f: f.update(customer="0" * 8), "its signature does not fit"),
        (lambda f: f.update(key="0" * 16), "not among the published"),
        (lambda f: f.update(format="another"), "another format"),
        (lambda f: f.update(signed_at="2020-01-01T00:00:00+00:00"), "before its key was made"),
    ],
)
def test_a_receipt_that_was_changed_does_not_hold(
    change: Any, fault: str, anna: cast.House
) -> None:
    for _ in range(2):
        purge_one(anna)
    document = file_of(anna)
    change(document["receipts"][0]["fact"])
    assert any(fault in found for found in faults(document))


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda chain: chain.pop(1), "what is between them is missing"),
        (lambda chain: chain.reverse(), "missing"),
        (lambda chain: chain.insert(1, chain[0]), "missing"),
    ],
)
def test_a_receipt_that_is_left_out_or_moved_is_missed(
    change: Any, fault: str, anna: cast.House
) -> None:
    for _ in range(3):
        purge_one(anna)
    document = file_of(anna)
    change(document["receipts"])
    assert any(fault in found for found in faults(document))


def test_cecilias_receipt_in_annas_chain_is_seen(anna: cast.House, cecilia: cast.House) -> None:
    for house in (anna, cecilia, cecilia):
        purge_one(house)
    document = file_of(anna)
    document["receipts"] += file_of(cecilia)["receipts"][1:]
    assert faults(document) == ["receipt 2: is another customer's"]


def test_a_chain_begun_anew_by_ourselves_does_not_follow_the_old_one(anna: cast.House) -> None:
    for _ in range(2):
        purge_one(anna)
    old = file_of(anna)["receipts"]
    SignedReceipt.objects.all().delete()
    Receipt.objects.update(signed_in=None)
    purge_one(anna)
    new = file_of(anna)["receipts"]
    assert faults({"receipts": new}) == []
    purge_one(anna)
    mixed = {"receipts": [old[0], file_of(anna)["receipts"][1]]}
    assert faults(mixed) == ["receipt 2: does not follow the receipt 1 that is here"]


def test_after_a_rotation_both_keys_receipts_hold_and_the_old_key_signs_no_more(
    anna: cast.House,
) -> None:
    purge_one(anna)
    old = SigningKey.objects.get()
    new = keys.rotate(database_now())
    purge_one(anna)
    used = [signed["fact"]["key"] for signed in file_of(anna)["receipts"]]
    assert used == [old.name, new.name]
    assert faults(file_of(anna)) == []
    assert not RecordKey.objects.filter(id=old.key_id).exists()
    assert [bool(key["until"]) for key in keys.published()["keys"]] == [True, False]


def test_what_was_signed_after_its_key_retired_does_not_hold(anna: cast.House) -> None:
    purge_one(anna)
    published = keys.published()
    published["keys"][0]["until"] = published["keys"][0]["from"][:4] + "-01-01T00:00:00+00:00"
    found = list(verify.faults(file_of(anna), published))
    assert found == ["receipt 1: was signed after its key was retired"]


def test_there_is_never_more_than_one_key_that_signs(anna: cast.House) -> None:
    purge_one(anna)
    with pytest.raises(IntegrityError), transaction.atomic():
        keys._new(database_now()).save()


def test_a_lost_signing_key_is_replaced_and_the_deletion_goes_on(anna: cast.House) -> None:
    purge_one(anna)
    RecordKey.objects.filter(id=SigningKey.objects.get().key_id).delete()
    forget_keys()
    purge_one(anna)
    assert SignedReceipt.objects.count() == 2
    assert SigningKey.objects.filter(retired_at=None).count() == 1
    assert faults(file_of(anna)) == []


def test_while_the_root_key_is_away_the_receipt_waits_and_the_run_is_not_complete(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    age(cast.message_of(anna), database_now())
    with monkeypatch.context() as patch:

        def away(*_: object, **__: object) -> bytes:
            raise RootUnreachable("away")

        patch.setattr("smartsvar.vault.signing.sign", away)
        assert purge_due() == {"phone_messages.PhoneMessage": 1}
        assert PurgeRun.last_complete() is None
    purge_due()
    assert SignedReceipt.objects.count() == 1
    assert PurgeRun.last_complete() is not None


def test_a_receipt_is_never_changed(anna: cast.House) -> None:
    purge_one(anna)
    with pytest.raises(TypeError):
        SignedReceipt.objects.get().save()


def test_anybody_checks_a_file_with_one_script_and_no_packages(
    anna: cast.House, tmp_path: Path
) -> None:
    for _ in range(2):
        purge_one(anna)
    receipts, published = tmp_path / "receipts.json", tmp_path / "keys.json"
    published.write_text(json.dumps(keys.published()))
    document = file_of(anna)
    script = BASE_DIR / "privacy" / "receipts" / "verify.py"

    def check() -> "subprocess.CompletedProcess[str]":
        receipts.write_text(json.dumps(document))
        # -I -S: without our environment, folders and installed packages.
        command = [sys.executable, "-I", "-S", str(script), str(receipts), "--keys", str(published)]
        return subprocess.run(command, capture_output=True, text=True, env={}, cwd=tmp_path)

    sound = check()
    assert (sound.returncode, sound.stderr) == (0, "")
    assert "All 2 receipts hold, 1 to 2." in sound.stdout
    document["receipts"][1]["fact"]["deleted"] = []
    assert check().returncode == 1
    document["receipts"] = "rubbish"
    assert check().returncode == 2


def test_the_command_of_the_service_checks_too(anna: cast.House, tmp_path: Path) -> None:
    purge_one(anna)
    for name, content in (("r", file_of(anna)), ("k", keys.published())):
        (tmp_path / name).write_text(json.dumps(content))
    arguments = [str(tmp_path / "r"), "--keys", str(tmp_path / "k")]
    assert verify.main(arguments) == 0
    assert verify.main(arguments[:1]) == 2
    assert verify.main([str(tmp_path / "no"), *arguments[1:]]) == 2


def test_the_signature_is_over_the_stored_bytes(anna: cast.House) -> None:
    purge_one(anna)
    receipt, key = SignedReceipt.objects.get(), SigningKey.objects.get()
    signature = base64.b64decode(receipt.signature)
    assert verify.is_signed(bytes(key.public), receipt.fact.encode(), signature)
    assert verify.canonical(json.loads(receipt.fact)).decode() == receipt.fact


def test_a_second_signer_in_the_same_moment_signs_nothing_twice(anna: cast.House) -> None:
    age(cast.message_of(anna), database_now())
    run_purge(database_now())
    run = PurgeRun.objects.get()
    assert issue.issue(run.id, database_now()) == 0
