"""The certificate of an erasure is checked by who does not trust us: offline, with one file."""

import base64
import json
import string
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from customers.actions.covers import About
from customers.models import Target
from privacy.cases.steps import open_case
from privacy.erasures.steps import ask_erasure
from privacy.erasures.work import carry_on
from privacy.models import Case, CaseKind
from privacy.receipts import verify
from smartsvar.clock import database_now
from tests import cast
from tests.conformance.planted import found_in
from tests.conftest import browser

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

ZACHARIAS = About(target=Target.CALLER, caller=cast.PLANTED_NUMBER)
Result = subprocess.CompletedProcess[str]


@pytest.fixture
def folder(anna: cast.House, sign_in: Any, tmp_path: Path) -> Path:
    """What Anna has taken home: a certificate, the published keys, the published program."""
    cast.call_of(anna)
    cast.message_of(anna)
    at = database_now()
    open_case(anna.customer, CaseKind.ERASURE, ZACHARIAS, by=anna.member, at=at)  # stays by law
    asked = ask_erasure(anna.customer, ZACHARIAS, by=anna.administrator, at=at)
    assert carry_on(asked.id, database_now()) == "done"
    page = reverse("privacy:erasure_certificate", args=[anna.customer.number, asked.id])
    stranger = browser()
    for name, answer in {
        "intyg.json": sign_in(anna.administrator).get(page),
        "nycklar.json": stranger.get(reverse("privacy:receipt_keys")),
        "verify.py": stranger.get(reverse("privacy:receipt_verifier")),
    }.items():
        assert answer.status_code == 200
        (tmp_path / name).write_bytes(answer.content)
    return tmp_path


@pytest.fixture
def check(folder: Path) -> Callable[[], Result]:
    """The program, without our environment, folders and installed packages."""
    command = [sys.executable, "-I", "-S", "verify.py", "intyg.json", "--keys", "nycklar.json"]
    return lambda: subprocess.run(
        command, capture_output=True, encoding="utf-8", env={"PYTHONUTF8": "1"}, cwd=folder
    )


def altered(folder: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    document = json.loads((folder / "intyg.json").read_bytes())
    change(document)
    (folder / "intyg.json").write_text(json.dumps(document), encoding="utf-8")


def test_it_holds_and_says_what_went_and_what_stays(
    folder: Path, check: Callable[[], Result]
) -> None:
    answer = check()
    assert (answer.returncode, answer.stderr) == (0, "")
    assert "holds: done." in answer.stdout
    assert "Erased: 1 recordings.Recording" in answer.stdout
    assert f"Kept: 1 {Case._meta.label}, by the duty to show" in answer.stdout
    assert not found_in((folder / "intyg.json").read_bytes() + answer.stdout.encode())


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        (lambda d: d["fact"]["erased"].update({"recordings.Recording": 2}), "does not fit"),
        (lambda d: d["fact"].update(customer="0" * 8), "does not fit"),
        (lambda d: d["fact"]["kept"].clear(), "does not fit"),
        (lambda d: d["fact"].update(key="0" * 16), "not among the published"),
        (lambda d: d["fact"].update(format=verify.FORMAT), "another format"),
        (lambda d: d.update(note="Allt är raderat."), "more stands in the file than was signed"),
    ],
)
def test_what_was_changed_is_said(
    folder: Path, check: Callable[[], Result], change: Any, fault: str
) -> None:
    altered(folder, change)
    answer = check()
    assert answer.returncode == 1
    assert fault in answer.stdout


def test_a_name_that_stands_twice_is_refused(folder: Path, check: Callable[[], Result]) -> None:
    """A person reads the first, a program takes the last."""
    text = (folder / "intyg.json").read_text(encoding="utf-8")
    doubled = text.replace('"result":', '"result": "cancelled", "result":', 1)
    assert doubled != text
    (folder / "intyg.json").write_text(doubled, encoding="utf-8")
    assert check().returncode == 2


def test_another_writing_of_the_same_signature_is_refused(
    folder: Path, check: Callable[[], Result]
) -> None:
    """64 bytes leave four bits of base64 without a meaning."""

    def respell(document: dict[str, Any]) -> None:
        alphabet = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"
        old = document["signature"]
        new = old[:85] + alphabet[alphabet.index(old[85]) ^ 1] + old[86:]
        assert base64.b64decode(new) == base64.b64decode(old)
        document["signature"] = new

    altered(folder, respell)
    assert check().returncode == 1


def test_a_turned_bit_anywhere_is_refused(folder: Path) -> None:
    """In the same process, for there are hundreds."""
    path = folder / "intyg.json"
    whole = path.read_bytes()
    arguments = [str(path), "--keys", str(folder / "nycklar.json")]
    assert verify.main(arguments) == 0
    for place in range(0, len(whole), 3):
        turned = bytearray(whole)
        turned[place] ^= 1 << place % 8
        path.write_bytes(turned)
        assert verify.main(arguments) != 0, (place, whole[place : place + 1])


def test_a_certificate_among_receipts_is_no_receipt(folder: Path) -> None:
    certificate = json.loads((folder / "intyg.json").read_bytes())
    published = json.loads((folder / "nycklar.json").read_bytes())
    (fault,) = verify.faults({"receipts": [certificate]}, published)
    assert "another format" in fault
