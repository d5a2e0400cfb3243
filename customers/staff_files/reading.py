"""Make a table of text out of an uploaded file; refuse what is none, and say why."""

import csv
import io
import re
from collections.abc import Iterator
from datetime import date, datetime, time
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from customers.staff_files.workbook import rows_of_workbook
from smartsvar.counts import grouped
from smartsvar.csv_cells import restored

MOST_BYTES = 5 * 1024 * 1024
MOST_ROWS = 5000  # the register's limit, and one more row for the headings
MOST_COLUMNS = 60
MOST_CELL = 5000  # characters; longer text is cut here, and refused by every field
ZIP, OLE = b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ENCRYPTED = "EncryptedPackage".encode("utf-16-le")  # a workbook with a password is an OLE file
NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffd]")
SEPARATORS = ";\t,"
Table = list[list[str]]


class Sheet(NamedTuple):
    """What a file holds: its rows with text, the headings first, and where each stands in it."""

    rows: Table
    lines: list[int]


class BadFile(Exception):
    """The file cannot be read as a register; the message is for whoever uploaded it."""


def read_sheet(content: bytes) -> Sheet:
    """Return the rows of a CSV file or of a workbook's first sheet, the headings first.

    What it is decides its content, never its name. Rows without text are left out, but counted: a
    row is found again by its number. Raises BadFile.
    """
    if not content:
        raise BadFile(_("The file is empty."))
    if len(content) > MOST_BYTES:
        raise BadFile(_("The file is too big: at most %(size)d MB.") % {"size": MOST_BYTES >> 20})
    rows = _workbook(content) if content.startswith(ZIP) else _text(content)
    table: Table = []
    lines: list[int] = []
    for line, row in enumerate(rows, 1):
        cells = [_cell(value) for value in row]
        if any(cells):
            table.append(cells)
            lines.append(line)
        if len(table) > MOST_ROWS + 1:
            most = _("The file has too many rows: at most %(count)s people.")
            raise BadFile(most % {"count": grouped(MOST_ROWS)})
        if len(cells) > MOST_COLUMNS and any(cells[MOST_COLUMNS:]):
            raise BadFile(_("The file has too many columns: at most %d.") % MOST_COLUMNS)
    if len(table) < 2:
        raise BadFile(_("There are no people in the file, below a row of headings."))
    width = max(_last(cells) for cells in table)
    return Sheet([(cells + [""] * width)[:width] for cells in table], lines)


def _last(cells: list[str]) -> int:
    return max((place for place, text in enumerate(cells, 1) if text), default=0)


def _cell(value: Any) -> str:
    """Return a cell as text; a number, which may be a telephone's, without a fraction."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, datetime | date | time):
        value = value.isoformat()
    return str(value)[: MOST_CELL + 1].replace("\r\n", "\n").strip()


def _workbook(content: bytes) -> Iterator[tuple[Any, ...]]:
    try:
        yield from rows_of_workbook(content, rows=MOST_ROWS + 3, columns=MOST_COLUMNS + 1)
    except ValueError as error:
        raise BadFile(str(error)) from error


def _text(content: bytes) -> Iterator[list[str]]:
    if content.startswith(OLE):
        if ENCRYPTED in content:
            raise BadFile(_("The workbook has a password. Save it without one, and try again."))
        raise BadFile(_("This is an old Excel file (.xls). Save it as .xlsx or CSV."))
    # Lines end where files end them, not at every character that Unicode calls a line's end.
    lines = list(io.StringIO(_decoded(content).removeprefix("\ufeff"), newline=""))
    noted = bool(lines and re.fullmatch(r"sep=.\s*", lines[0], re.IGNORECASE))
    if noted:  # a note of Excel's own, and a line of the file
        lines = lines[1:]
        yield []
    reader = csv.reader(lines, delimiter=_separator(lines), strict=True)
    try:
        yield from ([restored(cell) for cell in row] for row in reader)
    except csv.Error as error:
        trouble = _("Line %(line)d cannot be read: a quotation mark is not closed, perhaps.")
        raise BadFile(trouble % {"line": reader.line_num + noted}) from error


def _decoded(content: bytes) -> str:
    """Return UTF-8, UTF-16 with its mark, or else what Excel writes in Sweden: Windows-1252."""
    marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "windows-1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if not NO_TEXT.search(text):
            return text
        break
    raise BadFile(
        _("This is neither an Excel workbook (.xlsx) nor a CSV file in UTF-8 or Windows-1252.")
    )


def _separator(lines: list[str]) -> str:
    """Return what separates most cells of the headings."""
    head = next((line for line in lines if line.strip()), "")
    plain = re.sub(r'"[^"]*"', "", head)
    return max(SEPARATORS, key=plain.count)
