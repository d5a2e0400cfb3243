"""A document before it has a form: headings, paragraphs, facts and tables, in one language."""

from dataclasses import dataclass, field

Fact = tuple[str, str]


@dataclass(frozen=True)
class Table:
    """Rows under headings, all of the same width."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def named_rows(self) -> list[list[Fact]]:
        """Each cell with its column's name, for a page too narrow for columns."""
        return [list(zip(self.head, row, strict=True)) for row in self.rows]


@dataclass(frozen=True)
class Section:
    """One part: a heading, then text, then facts, then a table; any of them may be missing.

    `level` is 2 or 3. `gaps` are what somebody must see to, shown as warnings.
    """

    heading: str
    text: tuple[str, ...] = ()
    facts: tuple[Fact, ...] = ()
    table: Table | None = None
    gaps: tuple[str, ...] = ()
    level: int = 2


@dataclass(frozen=True)
class Document:
    """A title and its sections. `name` is the file's name, without its ending."""

    name: str
    language: str
    title: str
    intro: tuple[str, ...] = ()
    sections: tuple[Section, ...] = field(default=())
