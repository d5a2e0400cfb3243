"""Reading a staff register's file: as it was saved, or refused with why, at little cost."""

import io
import zipfile
from typing import Any

import pytest
from django.utils import translation

from customers.models import RegisterFile
from customers.staff_files import reading, workbook
from customers.staff_files.columns import guess
from customers.staff_files.reading import BadFile, read_sheet
from tests import cast
from tests.customers.register_files import (
    HEAD,
    book_of,
    send,
)

pytestmark = pytest.mark.django_db(databases="__all__", transaction=True)


@pytest.mark.parametrize("separator", [";", ",", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "windows-1252", "utf-16"])
def test_a_csv_file_is_read_as_it_was_saved(separator: str, encoding: str) -> None:
    text = f'Namn{separator}Titel\r\n"Åsa{separator} Ödman"{separator}Säljare\r\n\r\n'
    table = read_sheet(text.encode(encoding)).rows
    assert table == [["Namn", "Titel"], [f"Åsa{separator} Ödman".strip(), "Säljare"]]


def test_a_workbooks_numbers_dates_and_formulas_are_text() -> None:
    content = book_of(
        ["Namn", "Telefon", "Titel"], ["Åsa", 701740621, "=1+1"], ["Bo", 701740622.0, 1.5]
    )
    assert read_sheet(content).rows[1:] == [["Åsa", "701740621", ""], ["Bo", "701740622", "1.5"]]


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
        read_sheet(bytes(locked))


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


def test_a_workbook_of_very_many_empty_elements_is_refused_before_it_is_parsed() -> None:
    formats = b"<xf/>" * (workbook.MOST_ELEMENTS + 1)
    name = b'<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    styles = name + b"<cellXfs>" + formats + b"</cellXfs></styleSheet>"
    content = with_member(GOOD, "xl/styles.xml", styles)
    assert len(content) < 100_000
    with translation.override("sv"), pytest.raises(BadFile, match="packas upp"):
        read_sheet(content)


def test_a_full_register_of_twenty_columns_is_no_such_workbook() -> None:
    cells = b"<c><v>1</v></c>" * 20
    sheet = (
        b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
        + (b"<row>" + cells + b"</row>") * 5001 + b"</sheetData></worksheet>"
    )  # fmt: skip
    assert len(read_sheet(with_member(GOOD, "xl/worksheets/sheet1.xml", sheet)).rows) == 5001


@pytest.mark.parametrize("sign", ["\u2028", "\u2029", "\x85", "\x1c"])
def test_only_a_line_end_ends_a_line_of_a_file(sign: str) -> None:
    """The register may hold them from before, or by the API."""
    table = [["Namn", "Titel"], ["Bo", f"a{sign}b"]]
    try:
        assert read_sheet(f"Namn;Titel\r\nBo;a{sign}b\r\n".encode()).rows == table
    except BadFile:
        assert sign == "\x1c", "a control character: no text"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("Namn;Titel\r\n\r\n\r\nBo;Chef\r\n", [1, 4]),
        ("sep=;\r\nNamn;Titel\r\nBo;Chef\r\n;;\r\nÅsa;Vd\r\n", [2, 3, 5]),
        ("\r\nNamn;Titel\r\nBo;Chef\r\n", [2, 3]),
    ],
)
def test_each_row_keeps_its_number_in_the_file(text: str, lines: list[int]) -> None:
    assert read_sheet(text.encode()).lines == lines


def test_a_row_of_a_workbook_keeps_its_number() -> None:
    content = book_of([], ["Namn"], [None], [None], ["Bo"])
    assert read_sheet(content).lines == [2, 5]


def test_an_open_quotation_mark_is_found_on_the_files_own_line() -> None:
    with pytest.raises(BadFile, match="3"):
        read_sheet(b'sep=;\r\nNamn;Titel\r\nBo;"Chef\r\n')
