"""An export: asked for, collected, fetched as a ZIP that holds everything and nobody else's."""

import csv
import hashlib
import io
import json
import re
import zipfile
from datetime import timedelta
from typing import Any

import pytest
import soundfile
from django.db import connection
from django.test import Client
from django.urls import reverse
from jsonschema import Draft202012Validator

from customers.actions.account_mails import Letter, queue_mail
from customers.actions.covers import About, hold, restrict
from customers.actions.identities import connect_identity
from customers.models import Hold, Target
from messages.models import PhoneMessage
from privacy.exports.archive import Archive
from privacy.exports.ask import NoSuchThing, ask_for_export
from privacy.exports.collect import collect
from privacy.exports.schema import schema
from privacy.exports.selection import portions
from privacy.exports.sheets import cell
from privacy.models import Export, ExportState
from recordings.actions import delete_recording
from recordings.models import Recording
from smartsvar.audit.models import AuditEntry
from smartsvar.audit.trail import record
from smartsvar.clock import database_now
from smartsvar.personal_data import declared
from smartsvar.settings import BASE_DIR
from smartsvar.vault.storage import blob_store
from tests import cast
from tests.conformance.planted import TEXTS, found_in, plant

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

ACCOUNT = About(target=Target.CUSTOMER)
ZACHARIAS = About(target=Target.CALLER, caller=cast.PLANTED_NUMBER)
OTHER = "+46701740611"


def asked(house: cast.House, about: About = ACCOUNT, **more: Any) -> Export:
    by, at = house.administrator, database_now()
    return ask_for_export(house.customer, about, case=None, by=by, at=at, **more)


def collected(house: cast.House, about: About = ACCOUNT, **more: Any) -> Export:
    export = asked(house, about, **more)
    assert collect(export.id) == ExportState.READY
    found: Export = Export.objects.select_related("customer").get(id=export.id)
    return found


def archive(export: Export, part: int = 1) -> zipfile.ZipFile:
    body = b"".join(Archive(export, part, allowed=lambda: True))
    return zipfile.ZipFile(io.BytesIO(body))


def records(found: zipfile.ZipFile, label: str, *, mention: bool = False) -> list[Any]:
    stem = re.escape(f"{label}-mentions" if mention else label)
    names = [name for name in found.namelist() if re.fullmatch(rf"json/{stem}-\d+\.json", name)]
    return [each for name in names for each in json.loads(found.read(name))["records"]]


def manifest(found: zipfile.ZipFile) -> Any:
    return json.loads(found.read("manifest.json"))


def everything(found: zipfile.ZipFile) -> bytes:
    return b"\n".join(found.read(name) for name in found.namelist())


def damage(row: Any) -> None:
    """Flip a bit of the row's envelope, as a bad disk would."""
    broken = bytes(row.sealed[:-1]) + bytes([row.sealed[-1] ^ 1])
    table = row._meta.db_table
    with connection.cursor() as cursor:
        placeholder = row._meta.pk.get_db_prep_value(row.pk, connection)
        cursor.execute(f"UPDATE {table} SET sealed = %s WHERE id = %s", [broken, placeholder])


def confirmed(client: Client) -> Client:
    """Give the password once more, as the page asks for it."""
    answer = client.post(reverse("account_reauthenticate"), {"password": cast.PASSWORD})
    assert answer.status_code == 302
    return client


def test_anna_fetches_everything_of_ankdamms_bygg(anna: cast.House, sign_in: Any) -> None:
    call = cast.call_of(anna, staff=anna.staff)
    cast.message_of(anna, staff=anna.staff)
    client = sign_in(anna.administrator)
    number = anna.customer.number
    answer = client.post(reverse("privacy:export_ask", args=[number]), {"about": "customer"})
    export: Export = Export.objects.get(customer=anna.customer)
    page = reverse("privacy:export", args=[number, export.id])
    assert answer.headers["Location"] == page
    assert collect(export.id) == ExportState.READY
    part = reverse("privacy:export_part", args=[number, export.id, 1])
    assert part not in client.get(page).content.decode()
    assert part in confirmed(client).get(page).content.decode()
    response = client.get(part)
    found = zipfile.ZipFile(io.BytesIO(b"".join(response.streaming_content)))
    assert found.testzip() is None
    (recording,) = records(found, "recordings.Recording")
    assert recording["caller_name"] == cast.PLANTED_NAME
    assert soundfile.info(io.BytesIO(found.read(recording["audio"]))).duration == 2.0
    (message,) = records(found, "phone_messages.PhoneMessage")
    assert message["matter"] == cast.PLANTED_MATTER
    assert {each["role"] for each in records(found, "customers.Member")} == {
        "administrator", "member", "reader",
    }  # fmt: skip
    assert records(found, "customers.User")
    page = found.read("html/recordings.Recording-001.html").decode()
    assert cast.PLANTED_NAME in page
    assert anna.staff.name in page  # by name where it is read, by id in the JSON
    assert recording["staff"] == str(anna.staff.id)
    verbs = AuditEntry.objects.filter(object_id=export.id).values_list("verb", flat=True)
    assert set(verbs) == {"export.asked", "export.collected", "export.downloaded"}
    assert call.id == Recording.objects.get().id


def test_stina_gets_the_address_to_which_messages_for_her_went(anna: cast.House) -> None:
    cast.message_of(anna, staff=anna.staff)
    cast.message_of(anna)
    found = archive(collected(anna, About(target=Target.STAFF, object_id=anna.staff.id)))
    (delivery,) = records(found, "phone_messages.Delivery", mention=True)
    assert delivery["address"] == anna.staff.email
    assert anna.staff.email in found.read("html/phone_messages.Delivery-mentions-001.html").decode()
    assert cast.PLANTED_NAME.encode() not in everything(found)


def test_every_file_is_as_the_published_schema_says(anna: cast.House, client: Client) -> None:
    cast.call_of(anna, staff=anna.staff)
    cast.message_of(anna, staff=anna.staff)
    person = About(target=Target.STAFF, object_id=anna.staff.id)
    restrict(
        anna.customer, ZACHARIAS, reason="Bestrids", keeps=True, by=anna.administrator,
        at=database_now(),
    )  # fmt: skip
    published = client.get(reverse("privacy:export_schema")).json()
    assert published == schema()
    Draft202012Validator.check_schema(published)
    valid = Draft202012Validator(published, format_checker=Draft202012Validator.FORMAT_CHECKER)
    for about in (ACCOUNT, ZACHARIAS, person):
        found = archive(collected(anna, about))
        assert json.loads(found.read("schema.json")) == published
        files = [name for name in found.namelist() if name.startswith("json/")]
        assert files
        for name in files:
            valid.validate(json.loads(found.read(name)))
    broken = {"export": "x", "model": "customers.Member", "mention": False, "records": [{}]}
    assert not valid.is_valid(broken)


def test_the_schema_in_the_docs_is_made_from_the_code() -> None:
    stored = json.loads((BASE_DIR / "docs" / "export-schema.json").read_text("utf-8"))
    assert stored == schema(), "Run `python manage.py personal_data --write`."


@pytest.mark.parametrize("kind", [each for each in declared() if each[1].export], ids=str)
def test_no_record_holds_more_than_its_declaration_exports(kind: Any) -> None:
    model, said = kind
    given = set(schema()["$defs"][model._meta.label]["properties"]) - {"id", "audio"}
    assert given <= set(said.export) | set(said.for_owner)
    assert given & set(said.withhold) == set(said.for_owner)


def test_annas_export_has_a_record_of_every_row_that_is_hers(anna: cast.House) -> None:
    planted = plant(anna)
    person = anna.administrator.user
    connect_identity(person, "as-the-broker-calls-her")
    mail = Letter(address=person.email, subject="x", text="x", language="sv", person=person)
    queue_mail(mail, at=database_now())
    export = collected(anna)
    found = archive(export)
    told = manifest(found)
    assert told["not_included"] == []
    at = database_now()
    for portion in portions(anna.customer, ACCOUNT):
        there = portion.rows(at).count()
        given = len(records(found, portion.key))
        late = {
            "audit.AuditEntry",
            "privacy.Case",
            "privacy.Export",
        }  # written by the export itself
        assert given == there or portion.key in late, portion.key
        if portion.model._meta.app_label not in {"admin", "mfa", "subprocessors", "privacy"}:
            assert given, portion.key
    text = everything(found)
    assert set(TEXTS) <= set(found_in(text))
    assert planted.invitation.token_hash not in text
    for secret in (anna.administrator.user.password, anna.secret):
        assert secret.encode() not in text


def test_every_declaration_with_an_export_is_reached_but_what_is_no_customers(
    anna: cast.House,
) -> None:
    abouts = [ACCOUNT, ZACHARIAS, *people(anna)]
    reached = {portion.model for about in abouts for portion in portions(anna.customer, about)}
    outside = {model._meta.label for model, said in declared() if said.export} - {
        model._meta.label for model in reached
    }
    assert outside == {"customers.Enquiry", "subprocessors.Agreement"}


def people(house: cast.House) -> list[About]:
    return [
        About(target=target, object_model=row._meta.label, object_id=row.id)
        for target, row in ((Target.MEMBER, house.reader), (Target.STAFF, house.staff))
    ]


def test_nothing_of_cecilias_is_in_annas_export(anna: cast.House, cecilia: cast.House) -> None:
    theirs = plant(cecilia)
    cast.call_of(anna, caller_name="Anders Andersson", caller_number=OTHER)
    for about in (ACCOUNT, About(target=Target.CALLER, caller=OTHER)):
        text = everything(archive(collected(anna, about)))
        assert found_in(text, theirs.audio) == []
        assert not [identity for identity in theirs.ids if identity.encode() in text]
    with pytest.raises(NoSuchThing):
        asked(anna, About(target=Target.STAFF, object_id=cecilia.staff.id))


def test_the_manifest_comes_last_and_names_every_member_with_its_hash(anna: cast.House) -> None:
    cast.call_of(anna)
    found = archive(collected(anna))
    names = found.namelist()
    assert names[-1] == "manifest.json"
    listed = {each["name"]: each for each in manifest(found)["files"]}
    assert set(listed) == set(names) - {"manifest.json"}
    for name, each in listed.items():
        assert hashlib.sha256(found.read(name)).hexdigest() == each["sha256"], name
        assert len(found.read(name)) == each["size"]
    sound = next(info for info in found.infolist() if info.filename.endswith(".wav"))
    assert sound.compress_type == zipfile.ZIP_STORED
    assert found.getinfo("index.html").compress_type == zipfile.ZIP_DEFLATED


def test_what_has_gone_since_is_named(anna: cast.House) -> None:
    call, other = cast.call_of(anna), cast.call_of(anna)
    export = collected(anna)
    delete_recording(call, by=anna.administrator)
    found = archive(export)
    gone = {"model": "recordings.Recording", "id": str(call.id), "reason": "gone since"}
    assert manifest(found)["not_included"] == [gone]
    assert [each["id"] for each in records(found, "recordings.Recording")] == [str(other.id)]
    assert str(call.id) in found.read("index.html").decode()
    assert f"audio/{call.id}.wav" not in found.namelist()


def test_what_changed_since_is_named_and_given_as_it_is_now(anna: cast.House) -> None:
    export = collected(anna)
    anna.staff.name = "Stina Nygift"
    anna.staff.save()
    found = archive(export)
    changed = {"model": "customers.StaffMember", "id": str(anna.staff.id)}
    assert manifest(found)["changed_since"] == [changed]
    assert manifest(found)["not_included"] == []
    assert records(found, "customers.StaffMember")[0]["name"] == "Stina Nygift"


def test_a_missing_file_and_a_damaged_row_are_named_and_stop_nothing(anna: cast.House) -> None:
    bare, damaged, whole = cast.call_of(anna), cast.call_of(anna), cast.call_of(anna)
    blob_store().delete([bare.blob_name])
    damage(damaged)
    export = collected(anna)
    assert export.left_out == 2
    found = archive(export)
    told = {each["id"]: each["reason"] for each in manifest(found)["not_included"]}
    assert told == {str(bare.id): "file damaged", str(damaged.id): "damaged"}
    given = {each["id"]: each["audio"] for each in records(found, "recordings.Recording")}
    assert given == {str(bare.id): None, str(whole.id): f"audio/{whole.id}.wav"}


def test_restricted_rows_are_in_the_customers_own_export(anna: cast.House) -> None:
    call = cast.call_of(anna)
    by, at = anna.administrator, database_now()
    restrict(anna.customer, ZACHARIAS, reason="Bestrids", keeps=False, by=by, at=at)
    assert not Recording.objects.of(anna.customer).exists()
    found = archive(collected(anna))
    assert [each["id"] for each in records(found, "recordings.Recording")] == [str(call.id)]


def test_what_is_due_is_not_in_the_export_unless_a_hold_keeps_it(anna: cast.House) -> None:
    due, kept = cast.call_of(anna), cast.call_of(anna)
    old = database_now() - timedelta(seconds=1)
    Recording._base_manager.filter(id__in=[due.id, kept.id]).update(due_at=old)
    single = About(target=Target.RECORD, object_model=Recording._meta.label, object_id=kept.id)
    hold(
        anna.customer, single, kind=Hold.Kind.LEGAL, reason="Tvist", ends_at=None,
        by=anna.administrator, at=database_now(),
    )  # fmt: skip
    found = archive(collected(anna))
    assert [each["id"] for each in records(found, "recordings.Recording")] == [str(kept.id)]


def test_zacharias_gets_what_is_about_him_and_nobody_elses(anna: cast.House) -> None:
    call, letter = cast.call_of(anna, staff=anna.staff), cast.message_of(anna)
    cast.call_of(anna, caller_number=OTHER, caller_name="Anders Andersson")
    cast.message_of(anna, caller_number=OTHER, caller_email="", matter="Annat")
    by, at = anna.administrator, database_now()
    restrict(anna.customer, ZACHARIAS, reason="Bestrids", keeps=False, by=by, at=at)
    export = collected(anna, ZACHARIAS)
    found = archive(export)
    kinds = {name.split("/")[1][:-9] for name in found.namelist() if name.startswith("json/")}
    assert kinds == {
        "recordings.Recording", "phone_messages.PhoneMessage", "phone_messages.Delivery",
        "customers.Restriction", "customers.Hold", "privacy.Case", "privacy.Export",
    }  # fmt: skip
    assert [each["id"] for each in records(found, "recordings.Recording")] == [str(call.id)]
    assert [each["id"] for each in records(found, "phone_messages.PhoneMessage")] == [
        str(letter.id)
    ]
    assert b"Anders Andersson" not in everything(found)
    assert anna.staff.name.encode() not in everything(found)
    by_mail = About(target=Target.CALLER, caller=cast.PLANTED_EMAIL.upper())
    assert len(records(archive(collected(anna, by_mail)), "phone_messages.PhoneMessage")) == 1


def test_bertil_gets_his_sign_in_and_what_he_did(anna: cast.House) -> None:
    cast.message_of(anna, staff=anna.staff)
    bertil = anna.member
    record("recording.seen", anna.customer, by=bertil, customer_id=anna.customer.id)
    found = archive(collected(anna, About(target=Target.MEMBER, object_id=bertil.id)))
    assert [each["id"] for each in records(found, "customers.Member")] == [str(bertil.id)]
    (user,) = records(found, "customers.User")
    assert user["email"] == bertil.user.email
    assert len(records(found, "account.EmailAddress")) == 1
    done = records(found, "audit.AuditEntry", mention=True)
    assert [each["verb"] for each in done] == ["recording.seen"]
    assert anna.reader.user.email.encode() not in everything(found)
    assert records(found, "phone_messages.PhoneMessage") == []


def test_stina_gets_her_entry_and_only_the_outline_of_calls_to_her(anna: cast.House) -> None:
    call = cast.call_of(anna, staff=anna.staff)
    cast.call_of(anna, caller_number=OTHER)
    found = archive(collected(anna, About(target=Target.STAFF, object_id=anna.staff.id)))
    assert records(found, "customers.StaffMember")[0]["name"] == anna.staff.name
    (outline,) = records(found, "recordings.Recording", mention=True)
    assert outline["id"] == str(call.id)
    assert outline["staff"] == str(anna.staff.id)
    assert found_in(everything(found)) == []
    assert not [name for name in found.namelist() if name.startswith("audio/")]


def test_one_record_comes_with_what_hangs_on_it_and_who_saw_it(anna: cast.House) -> None:
    letter = cast.message_of(anna)
    cast.message_of(anna, matter="Annat")
    label = PhoneMessage._meta.label
    single = About(target=Target.RECORD, object_model=label, object_id=letter.id)
    found = archive(collected(anna, single))
    assert [each["matter"] for each in records(found, label)] == [cast.PLANTED_MATTER]
    assert len(records(found, "phone_messages.Delivery")) == 1
    assert "phonemessage.taken" in {e["verb"] for e in records(found, "audit.AuditEntry")}


@pytest.mark.parametrize("text", ["=1+1", "+46701740605", "-1", "@SUM(A1)", "\t1", "\r1"])
def test_a_cell_is_no_formula(text: str) -> None:
    assert cell(text) == f"'{text}"


@pytest.mark.parametrize(
    "text",
    [
        "hej\n=1+1", "hej\r=1+1", "hej\t=1+1", "a;=1+1;b", "a,-1", 'a; "=1+1', "; @x", "a;\n+1",
        "=a\n=b", '"=1', "a;＝1", "\t=1", "\r=1",
    ],
)  # fmt: skip
@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_no_piece_of_a_cell_is_a_formula(text: str, separator: str) -> None:
    """Also to a program that splits at another sign, or takes a quote for a letter."""
    line = io.StringIO()
    csv.writer(line).writerow(["1", cell(text), "x"])
    for quoting in (csv.QUOTE_MINIMAL, csv.QUOTE_NONE):
        rows = csv.reader(
            io.StringIO(line.getvalue(), newline=""), delimiter=separator, quoting=quoting
        )
        pieces = [piece.lstrip(' "') for row in rows for piece in row]
        assert not [each for each in pieces if each.startswith(tuple("=+-@＝"))], pieces


@pytest.mark.parametrize("text", ["1+1=2", "a-b", "anna@ankdamm.example", "a, b; c"])
def test_a_cell_without_a_formula_is_as_it_is(text: str) -> None:
    assert cell(text) == text


def test_a_formula_that_a_caller_sent_is_exact_in_json_and_harmless_in_csv(
    anna: cast.House,
) -> None:
    evil = '=HYPERLINK("http://evil.example";"x")'
    cast.message_of(anna, matter=evil, caller_name="<script>alert(1)</script>")
    found = archive(collected(anna))
    assert records(found, "phone_messages.PhoneMessage")[0]["matter"] == evil
    text = found.read("csv/phone_messages.PhoneMessage-001.csv").decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["matter"] == f"'{evil}"
    page = found.read("html/phone_messages.PhoneMessage-001.html").decode()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_a_large_export_comes_in_parts_that_hold_everything_once(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = len(cast.tone())
    calls = [cast.call_of(anna) for _ in range(7)]
    monkeypatch.setattr("privacy.exports.listing.PART_BYTES", 3 * sound)
    export = collected(anna)
    assert export.parts >= 3
    found: list[str] = []
    for part in range(1, export.parts + 1):
        piece = archive(export, part)
        assert sum(info.file_size for info in piece.infolist() if "audio" in info.filename) <= (
            3 * sound
        )
        found += [each["id"] for each in records(piece, "recordings.Recording")]
        assert manifest(piece)["parts"] == export.parts
    assert sorted(found) == sorted(str(call.id) for call in calls)


def test_the_pages_speak_the_language_that_was_asked_for(anna: cast.House) -> None:
    swedish = archive(collected(anna, language="sv")).read("index.html").decode()
    english = archive(collected(anna, language="en")).read("index.html").decode()
    assert 'lang="sv"' in swedish
    assert "Registerutdrag" in swedish
    assert "Export of personal data" in english


def test_the_first_page_leads_to_every_page_however_many(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(101):
        cast.message_of(anna)
    monkeypatch.setattr("privacy.exports.sheets.FULL", 1)
    found = archive(collected(anna))
    index = found.read("index.html").decode()
    pages = [name for name in found.namelist() if name.startswith("html/")]
    assert "html/phone_messages.PhoneMessage-101.html" in pages
    assert [name for name in pages if f'"{name}"' not in index] == []
    assert len(records(found, "phone_messages.PhoneMessage")) == 101


def test_texts_in_pieces_hold_every_record_once(
    anna: cast.House, monkeypatch: pytest.MonkeyPatch
) -> None:
    letters = {str(cast.message_of(anna).id) for _ in range(9)}
    monkeypatch.setattr("privacy.exports.sheets.FULL", 2000)
    found = archive(collected(anna))
    pieces = [n for n in found.namelist() if n.startswith("csv/phone_messages.PhoneMessage")]
    assert len(pieces) > 2
    given = [each["id"] for each in records(found, "phone_messages.PhoneMessage")]
    assert len(given) == 9
    assert set(given) == letters
    index = found.read("index.html").decode()
    assert all(f"html/phone_messages.PhoneMessage-00{n}.html" in index for n in (1, 2, 3))
