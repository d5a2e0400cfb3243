"""Read the first sheet of a workbook (.xlsx): only cells, nothing computed, nothing unbounded.

A workbook is a ZIP of XML. Before any of it is parsed, the sizes that the archive declares are
added up (Python's zipfile reads no more of a member than it declares), the elements of all are
counted, and a member that declares entities or a document type is refused: so neither a small
archive nor a small document grows, and what costs the most to read, elements, is bounded.
"""

import io
import zipfile
from collections.abc import Iterator
from typing import Any

import openpyxl
from django.utils.translation import gettext as _

MOST_UNPACKED = 16 * 1024 * 1024
# Each costs the library up to 20 µs, measured; 5,000 people of 20 columns have some 300,000.
MOST_ELEMENTS = 400_000
MOST_MEMBERS = 1000
ENCRYPTED_BIT = 0x1
MAIN = "xl/workbook.xml"


def rows_of_workbook(content: bytes, *, rows: int, columns: int) -> Iterator[tuple[Any, ...]]:
    """Yield the first sheet's rows, at most so many of so many cells each.

    A formula's cell has the value that was computed last by whoever saved it. Raises ValueError
    with a message for people.
    """
    _look_through(content)
    try:
        book = openpyxl.load_workbook(
            io.BytesIO(content), read_only=True, data_only=True, keep_links=False
        )
        sheet = book.worksheets[0]
        sheet.reset_dimensions()  # what the file says of its size may be wrong
        yield from sheet.iter_rows(max_row=rows, max_col=columns, values_only=True)
        book.close()
    except Exception as error:  # whatever the library meets in a file that is made to break it
        raise _broken() from error


def _look_through(content: bytes) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
            if any(each.flag_bits & ENCRYPTED_BIT for each in members):
                raise ValueError(_("The file has a password. Save it without one, and try again."))
            size = sum(each.file_size for each in members)
            if len(members) > MOST_MEMBERS or size > MOST_UNPACKED:
                raise ValueError(_("The file unpacks to more than a staff register can be."))
            if MAIN not in {each.filename for each in members}:
                raise ValueError(_("This is no Excel workbook (.xlsx)."))
            elements = 0
            for each in members:
                elements += _elements(each.filename, archive.read(each))
                if elements > MOST_ELEMENTS:
                    raise ValueError(_("The file unpacks to more than a staff register can be."))
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, EOFError) as error:
        raise _broken() from error


def _elements(name: str, text: bytes) -> int:
    """Return how many elements a member begins, whatever it is called: any may be a sheet."""
    declares = b"\0" in text or b"<!DOCTYPE" in text or b"<!ENTITY" in text  # or hides it in UTF-16
    if declares and name.lower().endswith((".xml", ".rels")):
        raise ValueError(_("The workbook holds something that no staff register needs."))
    return text.count(b"<") - text.count(b"</")


def _broken() -> ValueError:
    return ValueError(_("The workbook is damaged. Open it in Excel, save it, and try again."))
