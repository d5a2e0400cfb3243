"""Pages of long lists by key, not by offset: the thousandth page costs what the first one costs."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet

from smartsvar.unreadable import noticed_in_list
from smartsvar.vault.errors import Unreadable
from smartsvar.vault.rows import SealedModel

PAGE = 25
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_CURSOR = re.compile(r"([0-9]{1,17})-([0-9a-f]{32})")  # microseconds since 1970, and an id

Row = TypeVar("Row", bound=Model)
Source = tuple["QuerySet[Any]", str]  # rows, and the field that says when each is from
Placed = tuple[datetime, UUID, Any]  # a row with where it stands


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Rows, newest first, and the cursors of the pages beside it ("" where there is none)."""

    rows: list[Row]
    older: str
    newer: str
    left_out: int = 0  # rows that do not open


def page_of(
    rows: "QuerySet[Row]", *, moment: str, older: str = "", newer: str = "", size: int = PAGE
) -> Page[Row]:
    """Return one page of `rows`, ordered by the field `moment` and the id, newest first.

    `older` or `newer` is a cursor from a page; what is no cursor leads to the first page.
    """
    return page_of_many([(rows, moment)], older=older, newer=newer, size=size)


def page_of_many(
    sources: Sequence[Source], *, older: str = "", newer: str = "", size: int = PAGE
) -> Page[Any]:
    """Return one page of the rows of several tables, merged by their moments as in page_of().

    One query for each: a page's rows may all be of one table, so each is asked for a whole page.
    """
    if (place := _read(newer)) is not None:
        found = _nearest(sources, "gt", place, size)
        shown = found[:size][::-1]
        back, on = bool(shown), len(found) > size
    else:
        place = _read(older)
        found = _nearest(sources, "lt", place, size)
        shown = found[:size]
        back, on = len(found) > size, place is not None and bool(shown)
    rows = [row for _at, _id, row in shown]
    opened = openable(rows)
    return Page(
        opened,
        left_out=len(rows) - len(opened),
        older=_write(shown[-1]) if back else "",
        newer=_write(shown[0]) if on else "",
    )


def _nearest(
    sources: Sequence[Source], side: str, place: tuple[datetime, UUID] | None, size: int
) -> list[Placed]:
    """Return the `size` rows nearest to the place on that side, and one more if there is."""
    sign = "" if side == "gt" else "-"
    found: list[Placed] = []
    for rows, moment in sources:
        start = rows if place is None else rows.filter(_beyond(moment, side, *place))
        nearest = start.order_by(f"{sign}{moment}", f"{sign}id")[: size + 1]
        found += [(getattr(row, moment), row.pk, row) for row in nearest]
    found.sort(key=lambda each: each[:2], reverse=side == "lt")
    return found[: size + 1]


def openable(rows: list[Row]) -> list[Row]:
    """Leave out what cannot be opened (deleted this instant, damaged), so that the rest shows.

    What is damaged is reported. A root key that is away is no damage: then there is no list.
    """
    return [row for row in rows if _opens(row)]


def _opens(row: Model) -> bool:
    if not isinstance(row, SealedModel):
        return True
    try:
        row.opened()
    except Unreadable as error:
        noticed_in_list(error, row)
        return False
    return True


def _beyond(moment: str, side: str, at: datetime, identity: UUID) -> Q:
    return Q(**{f"{moment}__{side}": at}) | Q(**{moment: at, f"id__{side}": identity})


def _write(placed: Placed) -> str:
    at, identity, _row = placed
    return f"{(at - EPOCH) // timedelta(microseconds=1)}-{identity.hex}"


def cursor_at(at: datetime, identity: UUID) -> str:
    """Return the cursor that stands at this row."""
    return _write((at, identity, None))


def _read(cursor: str) -> tuple[datetime, UUID] | None:
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        return None
    try:
        return EPOCH + timedelta(microseconds=int(match[1])), UUID(match[2])
    except OverflowError:
        return None
