"""The staff register in and out as a file: planned, confirmed, all or nothing; and bad files."""

import io
import zipfile
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook

from customers.actions.absences import AbsenceFacts, add_absence
from customers.actions.covers import About, hold
from customers.actions.registers import UploadUsed, import_register, keep_upload
from customers.actions.staff import (
    StaffDetails,
    add_staff,
    change_staff,
    register_of,
    remove_staff,
)
from customers.models import Absence, Hold, RegisterFile, StaffMember, Target
from customers.staff_files import reading, workbook
from customers.staff_files.columns import guess
from customers.staff_files.plan import make_plan
from customers.staff_files.reading import BadFile, read_table
from customers.staff_files.writing import as_csv, as_workbook
from privacy.purging.purge import purge
from smartsvar.audit.models import AuditEntry
from smartsvar.clock import database_now
from smartsvar.csv_cells import harmless, restored
from smartsvar.vault.models import RecordKey
from tests import cast
from tests.at_once import at_once, on_postgres

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)

HEAD = "Namn;Titel;Telefon;E-post;Sökord;Svarsbesked\r\n"
MARTA = "Märta Ek;Ekonom;070-174 06 21;marta@ankdamm.example;fakturor, löner;Åter klockan ett.\r\n"
ODD = [
    StaffDetails(name="=1+1", title="-chef", phone="+447700900123", keywords=["+plus", "a"]),
    StaffDetails(name="Örjan; Ärla", answer_notice="Rad ett\n=rad två\n\n@tre", phone="sip:o@x.se"),
    StaffDetails(name="'citat", title='"dubbelt"', answer_notice=";-a,=b\t+c"),
    StaffDetails(name="Tvilling", phone="+46701740622"),
    StaffDetails(name="Tvilling", phone="+46701740623"),
]


def csv_of(*lines: str, head: str = HEAD) -> bytes:
    return (head + "".join(lines)).encode("utf-8-sig")


def book_of(*rows: list[Any]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr]
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def url(house: cast.House, page: str, *ids: Any) -> str:
    return reverse(f"customers:{page}", args=[house.customer.number, *ids])


def send(browser: Any, house: cast.House, content: bytes, name: str = "register.csv") -> Any:
    file = SimpleUploadedFile(name, content)
    return browser.post(url(house, "staff_import"), {"file": file})


def uploaded(browser: Any, house: cast.House, content: bytes) -> str:
    answer = send(browser, house, content)
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


def choices(page: Any, **changes: str) -> dict[str, str]:
    form = page.context["form"]
    said = {name: str(form[name].value() or "") for name in form.fields if name != "removes"}
    return said | changes


def confirmed(browser: Any, path: str, **changes: str) -> Any:
    shown = browser.post(path, choices(browser.get(path), **changes))
    fingerprint = shown.context["plan"].fingerprint
    return browser.post(path, choices(shown, **changes, confirmed=fingerprint), follow=True)


def names(house: cast.House) -> list[str]:
    return [person.name for person in register_of(house.customer)]


def fill(house: cast.House) -> None:
    for details in ODD:
        add_staff(house.customer, details, by=house.member, at=database_now())


def facts(house: cast.House) -> list[tuple[Any, ...]]:
    fields = ("id", "name", "title", "phone", "email", "keywords", "answer_notice", "changed_at")
    rows = [
        tuple(getattr(person, each) for each in fields) for person in register_of(house.customer)
    ]
    return sorted(rows, key=lambda row: str(row[0]))


def test_bertil_uploads_looks_and_confirms(anna: cast.House, sign_in: Any) -> None:
    browser = sign_in(anna.member)
    stina = f"{anna.staff.name};Chef;;{anna.staff.email};;\r\n"
    path = uploaded(browser, anna, csv_of(MARTA, stina))
    page = browser.get(path).content.decode()
    assert "Märta Ek" in page
    assert names(anna) == [anna.staff.name], "nothing is done before it is confirmed"
    key = RegisterFile.objects.get().key_id
    said = confirmed(browser, path).content.decode()
    assert "1 tillagd, 1 ändrad, 0 borttagna" in said
    marta = next(person for person in register_of(anna.customer) if person.name == "Märta Ek")
    assert (marta.phone, marta.keywords) == ("+46701740621", ["fakturor", "löner"])
    assert StaffMember.objects.get(pk=anna.staff.pk).title == "Chef"
    assert not RegisterFile._base_manager.exists()
    assert not RecordKey.objects.filter(id=key).exists()
    verbs = AuditEntry.objects.filter(verb__startswith="staffmember.", actor_id=anna.member.pk)
    assert set(verbs.values_list("verb", flat=True)) == {"staffmember.added", "staffmember.changed"}


def test_who_is_not_in_the_file_is_removed_only_when_that_is_ticked(
    anna: cast.House, sign_in: Any
) -> None:
    browser = sign_in(anna.member)
    confirmed(browser, uploaded(browser, anna, csv_of(MARTA)))
    assert names(anna) == ["Märta Ek", anna.staff.name]
    facts = AbsenceFacts(starts_at=database_now())
    add_absence(anna.staff, facts, by=anna.member, at=database_now())
    path = uploaded(browser, anna, csv_of(MARTA))
    page = browser.post(path, choices(browser.get(path), removes="on")).content.decode()
    assert anna.staff.name in page
    assert "kan inte återskapas" in page
    confirmed(browser, path, removes="on")
    assert names(anna) == ["Märta Ek"]
    assert not Absence._base_manager.exists()


@pytest.mark.parametrize("match_by", ["email", "name"])
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
@pytest.mark.parametrize("language", ["sv", "en"])
def test_what_is_exported_and_imported_again_changes_nothing(
    anna: cast.House, sign_in: Any, match_by: str, kind: str, language: str
) -> None:
    fill(anna)
    before = facts(anna)
    browser = sign_in(anna.member)
    browser.cookies.load({"language": language})
    content = browser.get(url(anna, f"staff_{kind}")).content
    path = uploaded(browser, anna, content)
    page = browser.post(path, choices(browser.get(path), match_by=match_by, removes="on"))
    plan = page.context["plan"]
    assert plan.troubles == []
    assert (plan.added, plan.changed, plan.removed) == ([], [], [])
    assert plan.same == len(before)
    assert facts(anna) == before


@given(st.text(alphabet="=+-@'\"; ,\t\nab＝", max_size=12))
def test_what_is_made_harmless_is_restored(text: str) -> None:
    assert restored(harmless(text)) == text


def test_no_cell_of_an_export_is_a_formula(anna: cast.House) -> None:
    fill(anna)
    register = register_of(anna.customer)
    text = as_csv(register)
    assert text.startswith(b"\xef\xbb\xbf")
    assert ";=" not in text.decode("utf-8-sig")
    assert "'=1+1" in text.decode("utf-8-sig")
    sheet = load_workbook(io.BytesIO(as_workbook(register))).worksheets[0]
    cells = [cell for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert {cell.data_type for cell in cells} == {"s"}
    assert "=1+1" in [cell.value for cell in cells]


def test_an_export_is_in_the_log_and_for_those_who_keep_the_register(
    anna: cast.House, sign_in: Any
) -> None:
    assert sign_in(anna.reader).get(url(anna, "staff_csv")).status_code == 403
    assert not AuditEntry.objects.filter(verb="customer.register_exported").exists()
    answer = sign_in(anna.member).get(url(anna, "staff_xlsx"))
    assert answer["Content-Disposition"].startswith("attachment")
    assert AuditEntry.objects.filter(verb="customer.register_exported").count() == 1


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "windows-1252", "utf-16"])
def test_a_csv_file_is_read_as_it_was_saved(separator: str, encoding: str) -> None:
    text = f'Namn{separator}Titel\r\n"Åsa{separator} Ödman"{separator}Säljare\r\n\r\n'
    table = read_table(text.encode(encoding))
    assert table == [["Namn", "Titel"], [f"Åsa{separator} Ödman".strip(), "Säljare"]]


def test_a_workbooks_numbers_dates_and_formulas_are_text() -> None:
    content = book_of(
        ["Namn", "Telefon", "Titel"], ["Åsa", 701740621, "=1+1"], ["Bo", 701740622.0, 1.5]
    )
    assert read_table(content)[1:] == [["Åsa", "701740621", ""], ["Bo", "701740622", "1.5"]]


def test_headings_are_guessed_in_swedish_and_english() -> None:
    assert guess(["Förnamn", "Efternamn", "E-postadress", "Mobil", "Befattning", "Övrigt"]) == [
        "first_name", "last_name", "email", "phone", "title", "",
    ]  # fmt: skip
    assert guess(["Full name", "Job title", "E-mail", "Keywords", "Answer notice", "Namn"]) == [
        "name", "title", "email", "keywords", "answer_notice", "",
    ]  # fmt: skip


def packed(**members: bytes) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), content)
    return file.getvalue()


def with_member(content: bytes, name: str, changed: bytes) -> bytes:
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for each in old.namelist():
            new.writestr(each, changed if each == name else old.read(each))
    return file.getvalue()


LAUGHS = (
    b'<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">'
    + b"".join(b'<!ENTITY lol%d "%s">' % (n, b"&lol%d;" % (n - 1) * 10) for n in range(1, 9))
    + b"]><sst>&lol8;</sst>"
)
GOOD = book_of(["Namn", "Titel"], ["Åsa", "Säljare"])
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "Filen är tom."),
        (b"\r\n\r\n", "inga personer"),
        (HEAD.encode(), "inga personer"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "varken en Excelfil"),
        (b"%PDF-1.7\x00\x01", "varken en Excelfil"),
        (OLE + b"\0" * 600, "gammal Excelfil"),
        (OLE + "EncryptedPackage".encode("utf-16-le"), "lösenord"),
        (packed(mimetype=b"application/vnd.oasis.opendocument.spreadsheet"), "ingen Excelfil"),
        (GOOD[: len(GOOD) // 2], "skadad"),
        (b"PK\x03\x04" + b"\0" * 50, "skadad"),
        (with_member(GOOD, "xl/workbook.xml", b"<not-a-workbook"), "skadad"),
        (with_member(GOOD, "xl/workbook.xml", LAUGHS), "inget personalregister behöver"),
        (with_member(GOOD, "xl/styles.xml", LAUGHS.decode().encode("utf-16")), "inget personalreg"),
        (with_member(GOOD, "docProps/app.xml", b"\0" * (49 << 20)), "packas upp"),
        (b'Namn;Titel\n"\xc3\x85sa;S\n' + b"x;y\n", "citattecken"),
        (b"Namn\n" + b"A\n" * 5001, "för många rader"),
        (b";" * 70 + b"x\n" + b";" * 70 + b"y\n", "för många kolumner"),
        (b"Namn\nA\x00B\n", "varken en Excelfil"),
        (b"Namn\n" + "trasig\ufffd".encode() + b"\n", "varken en Excelfil"),
    ],
    ids=lambda part: part if isinstance(part, str) else "file",  # whose bytes hold a time
)
def test_a_bad_file_is_refused_and_told_why(
    anna: cast.House, sign_in: Any, content: bytes, said: str
) -> None:
    answer = send(sign_in(anna.member), anna, content, "register.xlsx")
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert not RegisterFile._base_manager.exists()


def test_a_locked_zip_is_told_from_a_damaged_one() -> None:
    locked = bytearray(GOOD)
    for place in range(len(locked) - 4):
        if locked[place : place + 4] == b"PK\x01\x02":
            locked[place + 8] |= 1
    with translation.override("sv"), pytest.raises(BadFile, match="lösenord"):
        read_table(bytes(locked))


@pytest.mark.parametrize("extra", [1, 200 * 1024, 3 * 1024 * 1024])
def test_a_file_beyond_five_megabytes_is_refused_and_lies_nowhere(
    anna: cast.House, sign_in: Any, extra: int
) -> None:
    content = b"Namn\n" + b"A" * (reading.MOST_BYTES + extra)
    answer = send(sign_in(anna.member), anna, content)
    assert "Filen är för stor: högst 5 MB." in answer.content.decode()


def test_a_sheet_that_says_it_is_huge_costs_little() -> None:
    rows = b'<row r="1"><c r="A1" t="inlineStr"><is><t>Namn</t></is></c></row>'
    rows += b'<row r="1048576"><c r="A1048576" t="inlineStr"><is><t>Bo</t></is></c></row>'
    sheet = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
        b'<dimension ref="A1:XFD1048576"/><sheetData>' + rows + b"</sheetData></worksheet>"
    )
    content = with_member(GOOD, "xl/worksheets/sheet1.xml", sheet)
    assert len(list(workbook.rows_of_workbook(content, rows=5003, columns=61))) <= 5003


@pytest.mark.parametrize(
    ("line", "column", "said"),
    [
        (";Ekonom;;;;\r\n", "Namn", "obligatoriskt"),
        ("Bo;;hundra;;;\r\n", "Telefon", "helt telefonnummer"),
        ("Bo;;;inte en adress;;\r\n", "E-post", "giltig"),
        ("Bo;;;;" + ",".join(map(str, range(51))) + ";\r\n", "Sökord", "Högst 50"),
        ("B\u202eo;;;;;\r\n", "Namn", "tecken"),
        ("x" * 201 + ";;;;;\r\n", "Namn", "200"),
        (MARTA, "E-post", "Samma som på rad 2"),
    ],
)
def test_what_is_wrong_is_told_by_line_and_column_and_nothing_is_imported(
    anna: cast.House, sign_in: Any, line: str, column: str, said: str
) -> None:
    browser = sign_in(anna.member)
    path = uploaded(browser, anna, csv_of(MARTA, line))
    page = browser.post(path, choices(browser.get(path), match_by="email"))
    (trouble,) = page.context["plan"].troubles
    assert (trouble.line, trouble.column) == (3, column)
    assert said in trouble.why
    assert 'name="confirmed"' not in page.content.decode()
    fingerprint = page.context["plan"].fingerprint
    browser.post(path, choices(page, confirmed=fingerprint))
    assert names(anna) == [anna.staff.name]


@pytest.mark.parametrize(
    ("head", "said"),
    [
        ("Spalt;Titel\r\n", "Ange vilken kolumn som är namnet."),
        ("Namn;Förnamn\r\n", "Använd antingen hela namnet"),
    ],
)
def test_columns_that_are_not_understood_are_asked_for(
    anna: cast.House, sign_in: Any, head: str, said: str
) -> None:
    browser = sign_in(anna.member)
    path = uploaded(browser, anna, csv_of("Bo;Ek\r\n", head=head))
    assert said in browser.get(path).content.decode()
    page = browser.post(path, {"column0": "name", "column1": "title", "match_by": "name"})
    assert [each.details.name for each in page.context["plan"].added] == ["Bo"]


def test_doubled_headings_are_told_of_and_doubled_meanings_refused(
    anna: cast.House, sign_in: Any
) -> None:
    browser = sign_in(anna.member)
    path = uploaded(browser, anna, csv_of("Bo;Ek\r\n", head="Namn;namn\r\n"))
    assert "förekommer mer än en gång" in browser.get(path).content.decode()
    body = {"column0": "name", "column1": "name", "match_by": "name"}
    assert "Två kolumner betyder samma sak" in browser.post(path, body).content.decode()


def test_first_and_last_names_are_put_together(anna: cast.House, sign_in: Any) -> None:
    browser = sign_in(anna.member)
    path = uploaded(browser, anna, csv_of("Bo;Ek\r\n", head="Förnamn;Efternamn\r\n"))
    confirmed(browser, path)
    assert "Bo Ek" in names(anna)


def test_what_no_column_says_stays_as_it_is(anna: cast.House, sign_in: Any) -> None:
    browser = sign_in(anna.member)
    line = f"{anna.staff.email};Ny Titel\r\n"
    head = "E-post;Titel;Namn\r\n"
    path = uploaded(browser, anna, csv_of(line.replace("\r", f";{anna.staff.name}\r"), head=head))
    confirmed(browser, path)
    person = StaffMember.objects.get(pk=anna.staff.pk)
    assert (person.title, person.email) == ("Ny Titel", anna.staff.email)
    assert person.name == anna.staff.name


def test_a_register_that_changed_meanwhile_is_shown_again(anna: cast.House, sign_in: Any) -> None:
    browser = sign_in(anna.member)
    path = uploaded(browser, anna, csv_of(MARTA))
    page = browser.post(path, choices(browser.get(path), removes="on"))
    fingerprint = page.context["plan"].fingerprint
    add_staff(anna.customer, StaffDetails(name="Ny"), by=anna.member, at=database_now())
    answer = browser.post(path, choices(page, removes="on", confirmed=fingerprint))
    assert "har ändrats under tiden" in answer.content.decode()
    assert sorted(names(anna)) == ["Ny", anna.staff.name]


def test_all_or_nothing(anna: cast.House, monkeypatch: Any) -> None:
    table = [["Namn", "Titel"], ["Ny", ""], [anna.staff.name, "Chef"]]
    fill(anna)
    before = facts(anna)
    upload = keep_upload(anna.member, table, at=database_now())
    plan = make_plan(
        table, ["name", "title"], register_of(anna.customer), match_by="name", removes=True
    )
    assert plan.added
    assert plan.changed
    assert plan.removed
    doomed = plan.removed[0]
    about = About(target=Target.STAFF, object_model=doomed._meta.label, object_id=doomed.pk)
    hold(
        anna.customer, about, kind=Hold.Kind.LEGAL, reason="Tvist", ends_at=None,
        by=anna.administrator, at=database_now(),
    )  # fmt: skip
    with pytest.raises(Exception, match=r"StaffMember"):
        import_register(
            anna.customer, plan.added, plan.changed, plan.removed, upload=upload, by=anna.member,
            at=database_now(),
        )  # fmt: skip
    assert facts(anna) == before
    assert RegisterFile.objects.filter(pk=upload.pk, shred_job_id=None).exists(), "to try again"


@on_postgres
def test_an_import_that_is_confirmed_twice_at_once_is_carried_out_once(
    anna: cast.House, sign_in: Any
) -> None:
    first, second = sign_in(anna.member), sign_in(anna.member)
    people = [f"Person {number};;;p{number}@ankdamm.example;;\r\n" for number in range(60)]
    path = uploaded(first, anna, csv_of(*people))
    page = first.get(path)
    body = choices(page, confirmed=page.context["plan"].fingerprint)
    answers = at_once(*[lambda who=who: who.post(path, body) for who in (first, second)])
    assert all(answer.status_code in {302, 404} for answer in answers)
    assert len(names(anna)) == 61


def test_an_upload_that_somebody_confirmed_already_is_not_imported_again(
    anna: cast.House,
) -> None:
    table = [["Namn"], ["Ny"]]
    upload = keep_upload(anna.member, table, at=database_now())
    plan = make_plan(table, ["name"], register_of(anna.customer), match_by="name", removes=False)
    deed = (anna.customer, plan.added, plan.changed, plan.removed)
    import_register(*deed, upload=upload, by=anna.member, at=database_now())
    with pytest.raises(UploadUsed):
        import_register(*deed, upload=upload, by=anna.member, at=database_now())
    assert sorted(names(anna)) == ["Ny", anna.staff.name]


def test_what_a_colleague_saves_during_an_import_stays(
    anna: cast.House, sign_in: Any, monkeypatch: Any
) -> None:
    browser = sign_in(anna.member)
    line = f"{anna.staff.email};{anna.staff.name};Ny titel\r\n"
    path = uploaded(browser, anna, csv_of(line, head="E-post;Namn;Titel\r\n"))
    details = StaffDetails(
        name=anna.staff.name, phone="+46701740605", email="stina.ny@ankdamm.example"
    )

    def late(*people: Any, **facts: Any) -> None:
        person = StaffMember.objects.get(pk=anna.staff.pk)
        change_staff(person, details, by=anna.administrator, at=database_now())
        import_register(*people, **facts)

    monkeypatch.setattr("customers.views.staff_files.import_register", late)
    confirmed(browser, path)
    person = StaffMember.objects.get(pk=anna.staff.pk)
    said = (person.title, person.phone, person.email)
    assert said == ("Ny titel", details.phone, details.email)


@pytest.mark.parametrize("name", ["Eva Ek", "Stina på Ankdamms Bygg AB"])
def test_columns_that_change_places_after_the_preview_are_shown_again(
    anna: cast.House, sign_in: Any, name: str
) -> None:
    browser = sign_in(anna.member)
    head = "Namn;Titel;Svarsbesked\r\n"
    path = uploaded(browser, anna, csv_of(f"{name};Chef;hemligt\r\n", head=head))
    page = browser.get(path)
    body = choices(page, confirmed=page.context["plan"].fingerprint)
    body |= {"column1": "answer_notice", "column2": "title"}
    answer = browser.post(path, body)
    assert "har ändrats under tiden" in answer.content.decode()
    assert all(person.title != "hemligt" for person in register_of(anna.customer))


def test_a_workbook_of_very_many_empty_elements_is_refused_before_it_is_parsed() -> None:
    formats = b"<xf/>" * (workbook.MOST_ELEMENTS + 1)
    name = b'<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    styles = name + b"<cellXfs>" + formats + b"</cellXfs></styleSheet>"
    content = with_member(GOOD, "xl/styles.xml", styles)
    assert len(content) < 100_000
    with translation.override("sv"), pytest.raises(BadFile, match="packas upp"):
        read_table(content)


def test_a_full_register_of_twenty_columns_is_no_such_workbook() -> None:
    cells = b"<c><v>1</v></c>" * 20
    sheet = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        + (b"<row>" + cells + b"</row>") * 5001 + b"</sheetData></worksheet>"
    )  # fmt: skip
    assert len(read_table(with_member(GOOD, "xl/worksheets/sheet1.xml", sheet))) == 5001


@pytest.mark.parametrize("sign", ["\u2028", "\u2029", "\x85", "\x1c"])
def test_only_a_line_end_ends_a_line_of_a_file(sign: str) -> None:
    """The register may hold them from before, or by the API."""
    table = [["Namn", "Titel"], ["Bo", f"a{sign}b"]]
    try:
        assert read_table(f"Namn;Titel\r\nBo;a{sign}b\r\n".encode()) == table
    except BadFile:
        assert sign == "\x1c", "a control character: no text"


@pytest.mark.parametrize("sign", ["\u2028", "\u2029", "\ufffd", "\ufffe", "\uffff", "\r"])
def test_what_a_file_could_not_give_back_is_not_taken(
    anna: cast.House, sign_in: Any, sign: str
) -> None:
    body = {"name": "Bo", "answer_notice": f"rad{sign}rad"}
    answer = sign_in(anna.member).post(url(anna, "staff_add"), body)
    assert answer.status_code == 200
    assert "tecken som inte kan visas" in answer.content.decode()


def test_a_keyword_with_a_semicolon_comes_back_as_it_was(anna: cast.House) -> None:
    details = StaffDetails(name="Bo", keywords=["a;b", "c"])
    add_staff(anna.customer, details, by=anna.member, at=database_now())
    register = register_of(anna.customer)
    table = read_table(as_csv(register))
    plan = make_plan(table, guess(table[0]), register, match_by="name", removes=True)
    assert (plan.troubles, plan.does_nothing) == ([], True)


def test_a_full_register_takes_nobody(anna: cast.House, sign_in: Any, monkeypatch: Any) -> None:
    browser = sign_in(anna.member)
    path = uploaded(browser, anna, csv_of(MARTA))
    monkeypatch.setattr("customers.actions.registers.REGISTER_LIMIT", 1)
    assert "Registret är fullt" in confirmed(browser, path).content.decode()
    assert names(anna) == [anna.staff.name]


def test_an_upload_is_sealed_is_its_members_own_and_goes_within_the_hour(
    anna: cast.House, sign_in: Any
) -> None:
    browser = sign_in(anna.member)
    path = uploaded(browser, anna, csv_of(MARTA))
    upload = RegisterFile.objects.get()
    assert "Märta" not in bytes(upload.sealed).decode("latin-1")
    assert b"M\xc3\xa4rta" not in bytes(upload.sealed)
    assert not any("rta" in str(value) for value in browser.session.items())
    assert sign_in(anna.administrator).get(path).status_code == 404
    assert upload.due_at is not None
    assert (upload.due_at - upload.created_at).total_seconds() == 3600
    assert purge(upload.due_at)["customers.RegisterFile"] == 1
    assert not RecordKey.objects.filter(id=upload.key_id).exists()
    assert browser.get(path).status_code == 404


def test_a_new_upload_and_throwing_away_destroy_the_old_one(anna: cast.House, sign_in: Any) -> None:
    browser = sign_in(anna.member)
    first = uploaded(browser, anna, csv_of(MARTA))
    second = uploaded(browser, anna, csv_of(MARTA))
    assert browser.get(first).status_code == 404
    browser.post(second, {"throw_away": "yes"})
    assert not RegisterFile._base_manager.exists()
    assert names(anna) == [anna.staff.name]


def test_bertil_who_became_a_reader_confirms_nothing(anna: cast.House, sign_in: Any) -> None:
    browser = sign_in(anna.member)
    path = uploaded(browser, anna, csv_of(MARTA))
    type(anna.member).objects.filter(pk=anna.member.pk).update(role="reader")
    assert browser.get(path).status_code == 404
    assert send(browser, anna, csv_of(MARTA)).status_code == 403


def test_many_are_removed_at_once_after_a_page_that_names_them(
    anna: cast.House, cecilia: cast.House, sign_in: Any
) -> None:
    fill(anna)
    browser, page = sign_in(anna.member), url(anna, "staff_remove_many")
    chosen = [str(person.pk) for person in register_of(anna.customer)[:3]]
    body = {"person": [*chosen, str(cecilia.staff.pk), "x", ""]}
    shown = browser.post(page, body).content.decode()
    assert "Ta bort 3 personer" in shown
    assert "företagets adress" in shown
    assert cecilia.staff.name not in shown
    assert len(names(anna)) == 6
    said = browser.post(page, body | {"confirmed": "yes"}, follow=True).content.decode()
    assert "3 är borttagna ur registret." in said
    assert len(names(anna)) == 3
    assert names(cecilia) == [cecilia.staff.name]
    assert "Välj vilka" in browser.post(page, {}, follow=True).content.decode()


def test_a_leaver_is_gone_from_every_list_filter_and_waiting_address(
    anna: cast.House, sign_in: Any
) -> None:
    cast.message_of(anna, staff=anna.staff)
    cast.call_of(anna, staff=anna.staff)
    browser, number = sign_in(anna.administrator), anna.customer.number
    pages = [
        reverse(name, args=[number])
        for name in ("recordings:list", "phone_messages:list", "customers:staff_list",
                     "customers:absence_calendar", "portal:overview")
    ]  # fmt: skip
    before = "".join(browser.get(page).content.decode() for page in pages)
    assert anna.staff.name in before
    remove_staff(anna.staff, by=anna.member)
    after = "".join(browser.get(page).content.decode() for page in pages)
    assert anna.staff.name not in after
    assert anna.staff.email not in after
    assert str(anna.staff.pk) not in after
