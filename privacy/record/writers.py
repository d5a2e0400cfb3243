"""A document as Markdown, CSV or PDF."""

import csv
import io
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from fpdf import FPDF
from fpdf.enums import XPos, YPos
from fpdf.fonts import FontFace

from privacy.record.document import Document, Section
from privacy.record.faces import BUILT_IN, WIDE, WIDE_FILE, set_in
from smartsvar.csv_cells import harmless

PAGES = "\x1f\x1f"  # stands for their number in the foot; in no text that a form takes


def markdown(document: Document) -> str:
    """Return the document as Markdown."""
    lines = [f"# {document.title}", ""]
    for text in document.intro:
        lines += [text, ""]
    for section in document.sections:
        lines += [f"{'#' * section.level} {section.heading}", ""]
        for text in section.text:
            lines += [text, ""]
        lines += [f"- **{name}:** {value}" for name, value in section.facts]
        lines += [""] if section.facts else []
        lines += [*_markdown_table(section), ""] if section.table else []
    return "\n".join(lines).rstrip("\n") + "\n"


def _markdown_table(section: Section) -> Iterator[str]:
    table = section.table
    if table is None:
        return
    yield f"| {' | '.join(table.head)} |"
    yield "|" + "---|" * len(table.head)
    for row in table.rows:
        yield "| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |"


def comma_separated(document: Document) -> str:
    """Return the document as CSV (RFC 4180): section, heading, value, one fact per line."""
    out = io.StringIO()
    writer = csv.writer(out)
    for section in document.sections:
        rows = [("", text) for text in section.text] + list(section.facts)
        for row in section.table.rows if section.table else ():
            head = section.table.head if section.table else ()
            rows += [(f"{row[0]}: {name}", cell) for name, cell in zip(head, row, strict=True)]
        writer.writerows(map(harmless, (section.heading, name, value)) for name, value in rows)
    return out.getvalue()


def pdf(document: Document, at: datetime) -> bytes:
    """Return the document as PDF, dated `at`.

    Latin, Greek and Cyrillic letters are printed as they are, others become question marks; the
    page has them all. Nothing in a value is read as markup: a name that looks like a link is none.
    """
    page = _Paper(document, at)
    page.heading(document.title, 1)
    for text in document.intro:
        page.paragraph(text)
    for section in document.sections:
        page.heading(section.heading, section.level)
        for text in section.text:
            page.paragraph(text)
        for name, value in section.facts:
            page.fact(name, value)
        if section.table:
            page.table_of(section.table.head, section.table.rows)
    return bytes(page.output())


class _Paper(FPDF):
    """A4 with the document's look."""

    sizes = {1: 18, 2: 13, 3: 11}  # points

    def __init__(self, document: Document, at: datetime) -> None:
        super().__init__(format="A4")
        self.set_margins(18, 16)
        self.set_auto_page_break(auto=True, margin=18)
        self.set_title(document.title)
        self.set_lang(document.language)
        self.set_creation_date(at)
        self._foot = f"{document.title} · {at:%Y-%m-%d}"
        self.alias_nb_pages(PAGES)
        self.add_page()

    def footer(self) -> None:
        self.set_y(-14)
        self.set_font(BUILT_IN, size=8)
        self.cell(0, 6, f"{set_in(self._foot)[1]} · {self.page_no()}/{PAGES}")

    def heading(self, text: str, level: int) -> None:
        if self.will_page_break(24):
            self.add_page()
        self.ln(2 if level == 3 else 4)
        self._line(text, "B", self.sizes[level], 6)

    def paragraph(self, text: str) -> None:
        self._line(text, "", 10, 5)
        self.ln(1.5)

    def fact(self, name: str, value: str) -> None:
        for text, style in ((f"{name}: ", "B"), (value, "")):
            face, letters = self._faced(text)
            self.set_font(face, style=style, size=10)
            self.write(5, letters)
        self.ln(5)

    def table_of(self, head: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> None:
        self.set_font(BUILT_IN, size=8)
        look: dict[str, Any] = {"borders_layout": "HORIZONTAL_LINES", "v_align": "T", "padding": 1}
        with self.table(line_height=4.2, text_align="LEFT", **look) as table:
            for cells in (head, *rows):
                line = table.row()
                for cell in cells:
                    face, letters = self._faced(cell)
                    line.cell(letters, style=FontFace(family=face))
        self.ln(2)

    def _line(self, text: str, style: str, size: int, height: float) -> None:
        face, letters = self._faced(text)
        self.set_font(face, style=style, size=size)
        self.multi_cell(0, height, letters, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _faced(self, text: str) -> tuple[str, str]:
        """Return the text with its face, fetched when it is first needed."""
        face, letters = set_in(text)
        if face == WIDE and WIDE.lower() not in self.fonts:
            for style in ("", "B"):  # the same outlines: a bold cut would be made for each PDF
                self.add_font(WIDE, style, WIDE_FILE)
        return face, letters


WRITERS: dict[str, tuple[str, Callable[[Document, datetime], bytes]]] = {
    "csv": ("text/csv", lambda document, at: ("\ufeff" + comma_separated(document)).encode()),
    "md": ("text/markdown", lambda document, at: markdown(document).encode()),
    "pdf": ("application/pdf", pdf),
}
