"""Search in text that is sealed: rows are opened here, so each search has a bound, and says so.

The newest SEARCHED rows of what the filter leaves are opened and looked through; whoever wants to
look further back goes on from there. Nothing searched for is stored, and no index is kept of words:
one that could be asked for a name would give the name away.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from messages.models import PhoneMessage
from recordings.models import Recording
from smartsvar.paging import Source, cursor_at, openable, page_of_many
from smartsvar.portal.forms import comparable

SEARCHED = 1000  # rows that one search opens: about a second's work
FOUND = 50  # of which it shows at most so many


@dataclass(frozen=True)
class Search:
    """What was found, how much was looked through, back to when, and where to go on ("": done)."""

    rows: list[Any]
    looked: int
    back_to: datetime | None
    older: str
    left_out: int = 0


def search(sources: Sequence[Source], words: Sequence[str], *, older: str = "") -> Search:
    """Return the newest rows that hold all the words, of at most SEARCHED from the cursor on."""
    page = page_of_many(sources, older=older, size=SEARCHED)
    moments = {rows.model: moment for rows, moment in sources}
    found: list[Any] = []
    looked, last = 0, None
    for row in page.rows:
        looked, last = looked + 1, row
        if _holds(row, words):
            found.append(row)
        if len(found) == FOUND:
            break
    back_to = None if last is None else getattr(last, moments[type(last)])
    on = page.older
    if last is not None and back_to is not None and looked < len(page.rows):
        on = cursor_at(back_to, last.pk)
    return Search(found, looked, back_to, on, page.left_out)


def _holds(row: Any, words: Sequence[str]) -> bool:
    text = comparable("\n".join(_texts(row)))
    return all(word in text for word in words)


def _texts(row: Recording | PhoneMessage) -> Iterator[str]:
    yield row.caller_name
    if isinstance(row, PhoneMessage):
        yield from (row.caller_company, row.matter)
        yield from (note.text for note in openable(list(row.notes.all())))
