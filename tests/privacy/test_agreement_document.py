"""What was signed, as a document: all of it, as it was written, provable ever after."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from customers.actions.accounts import shorten_recordings
from customers.models import Customer
from privacy.agreements import steps
from privacy.agreements.versions import in_language
from privacy.models import Signing
from privacy.receipts import keys
from privacy.receipts.verify import main as verify
from privacy.record.faces import set_in
from privacy.record.versions import strings_of
from privacy.record.writers import markdown
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import database_now
from subprocessors.notices import today
from tests import cast
from tests.privacy.pdf_text import text_of
from tests.privacy.signing import begun, finished, read, signed

pytestmark = pytest.mark.django_db(databases="__all__")


def test_the_signed_pdf_says_all_that_the_agreement_says_in_its_order(anna: cast.House) -> None:
    row = signed(anna.administrator)
    printed = "".join(text_of(steps.document_of(row)).split())
    place = 0
    for said in strings_of(in_language(anna.customer, "sv", today(row.signed_at))):
        wanted = "".join(set_in(said)[1].split())
        place = printed.find(wanted, place)
        assert place >= 0, said
        place += len(wanted)


def test_a_company_whose_name_cannot_be_printed_is_told_so_before_it_signs(
    anna: cast.House, sign_in: Any
) -> None:
    company = Customer.objects.get(id=anna.customer.id)
    company.company_name = "株式会社 AB"
    company.save()
    client = sign_in(anna.administrator)
    page = read(client, anna.customer.number)
    form = {"name": "Anna Ank", "title": "VD", "entitled": "on", "version": page[-64:]}
    refused = client.post(page, form).content.decode()
    assert "Be vår support skriva företagets namn med" in refused
    assert not Signing.objects.exists()


def test_a_no_break_space_in_a_name_is_a_space(anna: cast.House, sign_in: Any) -> None:
    client = sign_in(anna.administrator)
    page = read(client, anna.customer.number)
    said = {"name": "Anna\u00a0Ank", "title": "VD", "entitled": "on", "version": page[-64:]}
    assert client.post(page, said).status_code == 302


def test_the_version_is_the_hash_of_the_text_that_the_page_hands_out(
    anna: cast.House, sign_in: Any
) -> None:
    row = signed(anna.administrator)
    address = reverse("privacy:agreement", args=[anna.customer.number])
    text = sign_in(anna.administrator).get(address, {"form": "md"}).content
    assert hashlib.sha256(text).hexdigest() == row.version
    assert text.decode() == markdown(in_language(anna.customer, "sv", today(database_now())))


def test_what_is_downloaded_is_what_was_signed_whatever_has_changed_since(
    anna: cast.House, sign_in: Any
) -> None:
    at = database_now()
    row = signed(anna.administrator)
    client = sign_in(anna.administrator)
    address = reverse("privacy:agreement_file", args=[anna.customer.number, row.id])
    first = client.get(address).content
    shorten_recordings(anna.customer, 10, by=anna.administrator, at=at)
    assert client.get(address).content == first
    assert first.startswith(b"%PDF-")
    assert hashlib.sha256(first).hexdigest() == row.sha256
    shown = client.get(reverse("privacy:agreement", args=[anna.customer.number])).content.decode()
    assert row.sha256 in shown
    assert AuditEntry.objects.filter(verb="signedagreement.fetched").count() == 2


def test_the_signature_page_says_who_signed_what(anna: cast.House, settings: Any) -> None:
    settings.OPERATOR_NAME = "Ankdamms Svarstjänst AB"
    row = signed(anna.administrator)
    document = in_language(anna.customer, "sv", today(row.signed_at))
    page = steps.signature_page(row, document)
    said = dict(page.facts).values()
    company = anna.customer.company_name
    for fact in (company, "Anna Ank", "VD", row.version, "Ankdamms Svarstjänst AB"):
        assert fact in said
    assert any(row.signed_at.strftime("%Y-%m-%dT%H:%M") in fact for fact in said)


@pytest.mark.parametrize(
    "name",
    ["Łukasz Żółć", "Νίκος Παπαδόπουλος", "Іван Ґалаґан", "Nguyễn Thị Ánh", "Åsa O’Ödman", "{nb}"],
)
def test_a_name_in_these_letters_stands_in_the_document_as_it_was_written(
    anna: cast.House, name: str
) -> None:
    at = database_now()
    row = finished(begun(anna.administrator, at, name=name), anna.administrator, at)
    printed = text_of(steps.document_of(row)).split("\n")
    assert name.replace("’", "'") in printed


def test_nothing_that_a_signer_writes_is_read_as_markup(anna: cast.House) -> None:
    name = "[Anna](https://evil.example) **Ank** --x-- __y__ <b>"
    at = database_now()
    pdf = steps.document_of(
        finished(begun(anna.administrator, at, name=name), anna.administrator, at)
    )
    assert name in text_of(pdf)
    assert b"evil.example" not in pdf, "a link has its address in clear"


@pytest.mark.parametrize("field", ["name", "title"])
@pytest.mark.parametrize(
    "written",
    [
        "Anna\nBeviljat: allt",
        "Anna\tAnk",
        "Anna\u2028Ank",
        "\u202eknA",
        "محمد",
        "דוד",
        "王",
        "राम",
        "😀",
    ],
)
def test_what_the_document_cannot_print_is_refused_beside_the_field(
    anna: cast.House, sign_in: Any, field: str, written: str
) -> None:
    client = sign_in(anna.administrator)
    page = read(client, anna.customer.number)
    version = client.get(page).context["form"].initial["version"]
    form = {"name": "Anna Ank", "title": "VD", "entitled": "on", "version": version}
    refused = client.post(page, form | {field: written})
    assert refused.status_code == 200
    assert list(refused.context["form"].errors) == [field]
    assert not Signing.objects.exists()
    assert client.post(page, form | {field: "Łukasz Νίκος Іван"}).status_code == 302


def test_our_signature_over_it_holds_by_the_published_verifier(
    anna: cast.House, sign_in: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    row, client = signed(anna.administrator), sign_in(anna.administrator)
    address = reverse("privacy:agreement_proof", args=[anna.customer.number, row.id])
    file, known = tmp_path / "avtal.json", tmp_path / "keys.json"
    file.write_bytes(client.get(address).content)
    known.write_text(json.dumps(keys.published()))
    assert verify([str(file), "--keys", str(known)]) == 0
    assert row.sha256 in capsys.readouterr().out
    changed = json.loads(file.read_text())
    changed["fact"]["pdf_sha256"] = "0" * 64
    file.write_text(json.dumps(changed))
    assert verify([str(file), "--keys", str(known)]) == 1
