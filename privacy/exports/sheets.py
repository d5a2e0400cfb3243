"""The same records three times, in pieces of bounded size.

JSON to move them, CSV to sort them, HTML to read them.
"""

import csv
import io
import json
from collections.abc import Iterator
from typing import Any

from privacy.exports.facts import Facts
from privacy.exports.reading import page_foot, page_head, record_card
from privacy.exports.selection import Portion
from privacy.models import Export
from smartsvar.csv_cells import harmless

FULL = 512 * 1024  # characters of all three, after which they are written out


class Sheets:
    """Collects one portion's records; `flush` gives them as (member's name, text)."""

    def __init__(self, portion: Portion, export: Export, people: dict[str, str]) -> None:
        self.portion, self._export, self._people = portion, export, people
        self._number = 0
        audio = ["audio"] if portion.said.blob and not portion.mention else []
        self.columns = portion.names + audio
        self._begin()

    def _begin(self) -> None:
        self._json: list[str] = []
        self._html: list[str] = []
        self._csv = io.StringIO()
        self._writer = csv.writer(self._csv)
        self._size = 0

    def add(self, facts: Facts, record: str) -> None:
        """Add a record: its facts, and how they are written."""
        self._json.append(record)
        self._html.append(record_card(self.portion, facts, self._export.language, self._people))
        row = [cell(facts[name]) for name in self.columns]
        self._writer.writerow(row)
        self._size += 2 * len(self._json[-1]) + len(self._html[-1])

    @property
    def full(self) -> bool:
        return self._size >= FULL

    def flush(self) -> Iterator[tuple[str, str]]:
        """Yield the members of what has been added since the last time; none of nothing."""
        if not self._json:
            return
        self._number += 1
        name = f"{self.portion.key.replace('#', '-')}-{self._number:03}"
        yield f"json/{name}.json", self._document()
        header = io.StringIO()
        csv.writer(header).writerow(self.columns)
        yield f"csv/{name}.csv", "\ufeff" + header.getvalue() + self._csv.getvalue()
        head = page_head(self.portion, self._export, self._number)
        yield f"html/{name}.html", "".join([head, *self._html, page_foot()])
        self._begin()

    def _document(self) -> str:
        label, mention = self.portion.model._meta.label, self.portion.mention
        head = {"export": str(self._export.id), "model": label, "mention": mention}
        records = ",\n".join(self._json)
        return f'{json.dumps(head)[:-1]}, "records": [\n{records}\n]}}\n'


def cell(value: Any) -> str:
    """Return a value as a cell that no spreadsheet takes for a formula; JSON has it exactly."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = "; ".join(map(str, value)) if isinstance(value, list) else str(value)
    return harmless(text)
