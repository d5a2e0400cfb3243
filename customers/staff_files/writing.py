"""Write the register as a file: what is read in again changes nothing."""

import csv
import io
from collections.abc import Iterator, Sequence

from django.utils.translation import gettext as _
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

from customers.actions.staff import FIELDS
from customers.models import StaffMember
from customers.staff_files.columns import MEANINGS, in_writing
from smartsvar.csv_cells import harmless


def rows_of(register: Sequence[StaffMember]) -> Iterator[list[str]]:
    """Yield the headings in the reader's language, then each person, as people write it."""
    yield [str(MEANINGS[name]) for name in FIELDS]
    for person in register:
        yield [in_writing(name, getattr(person, name)) for name in FIELDS]


def as_csv(register: Sequence[StaffMember]) -> bytes:
    """UTF-8 with its mark and semicolons, as Excel in Sweden opens it; no cell is a formula."""
    file = io.StringIO()
    writer = csv.writer(file, delimiter=";")
    writer.writerows([harmless(text) for text in row] for row in rows_of(register))
    return file.getvalue().encode("utf-8-sig")


def as_workbook(register: Sequence[StaffMember]) -> bytes:
    """A workbook of one sheet in which every cell is text: nothing in it is computed."""
    book = Workbook(write_only=True)
    sheet = book.create_sheet(_("Staff register"))
    for row in rows_of(register):
        cells = [WriteOnlyCell(sheet, ILLEGAL_CHARACTERS_RE.sub("", text)) for text in row]
        for cell in cells:
            cell.data_type = "s"  # "=1+1" is what somebody wrote, no sum
        sheet.append(cells)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()
