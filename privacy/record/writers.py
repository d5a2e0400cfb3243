"""A document as Markdown, CSV or PDF."""

import csv
import io
import unicodedata
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from privacy.record.document import Document, Section
from smartsvar.csv_cells import harmless

TYPOGRAPHY = str.maketrans({
    "–": "-", "—": "-", "“": '"', "”": '"', "„": '"', "’": "'", "‘": "'", "…": "...", "→": "->",
    "\u00a0": " ", "Ł": "L", "ł": "l", "Đ": "D", "đ": "d", "Œ": "OE", "œ": "oe",
})  # fmt: skip


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

    The PDF's built-in fonts have Western European letters only: others lose their marks or become
    question marks. The page has them all.
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
        self.set_title(_western(document.title))
        self.set_lang(document.language)
        self.set_creation_date(at)
        self._foot = _western(f"{document.title} · {at:%Y-%m-%d}")
        self.alias_nb_pages()
        self.add_page()

    def footer(self) -> None:
        self.set_y(-14)
        self.set_font("Helvetica", size=8)
        self.cell(0, 6, f"{self._foot} · {self.page_no()}/{{nb}}")

    def heading(self, text: str, level: int) -> None:
        if self.will_page_break(24):
            self.add_page()
        self.ln(2 if level == 3 else 4)
        self._line(text, "B", self.sizes[level], 6)

    def paragraph(self, text: str) -> None:
        self._line(text, "", 10, 5)
        self.ln(1.5)

    def fact(self, name: str, value: str) -> None:
        self._line(f"**{name.replace('*', '')}:** {value.replace('**', '')}", "", 10, 5)

    def table_of(self, head: tuple[str, ...], rows: tuple[tuple[str, ...], ...]) -> None:
        self.set_font("Helvetica", size=8)
        look: dict[str, Any] = {"borders_layout": "HORIZONTAL_LINES", "v_align": "T", "padding": 1}
        with self.table(line_height=4.2, text_align="LEFT", **look) as table:
            for cells in (head, *rows):
                line = table.row()
                for cell in cells:
                    line.cell(_western(cell))
        self.ln(2)

    def _line(self, text: str, style: str, size: int, height: float) -> None:
        self.set_font("Helvetica", style=style, size=size)
        self.multi_cell(
            0, height, _western(text), align="L", markdown=not style,
            new_x=XPos.LMARGIN, new_y=YPos.NEXT,
        )  # fmt: skip


def _western(text: str) -> str:
    """Return the text in Latin-1."""
    return "".join(_letter(letter) for letter in text.translate(TYPOGRAPHY))


def _letter(letter: str) -> str:
    try:
        letter.encode("latin-1")
    except UnicodeEncodeError:
        bare = unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode()
        return bare or "?"
    return letter


WRITERS: dict[str, tuple[str, Callable[[Document, datetime], bytes]]] = {
    "csv": ("text/csv", lambda document, at: ("\ufeff" + comma_separated(document)).encode()),
    "md": ("text/markdown", lambda document, at: markdown(document).encode()),
    "pdf": ("application/pdf", pdf),
}
