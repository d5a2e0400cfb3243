"""Lists in pages, newest first, that neither skip nor repeat while calls come in (keysets)."""

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple, NoReturn
from uuid import UUID

from django.db.models import Q
from rest_framework import serializers
from rest_framework.request import Request

from customers.api_fields import FIRST_YEAR, LAST_YEAR
from customers.api_strict import refuse_unknown
from customers.models import TenantQuerySet
from customers.problems import Problem
from smartsvar.paging import openable

DEFAULT, MOST = 50, 200


class PageQuery(serializers.Serializer[Any]):
    """The query of every list; lists add their filters."""

    cursor = serializers.CharField(
        required=False, max_length=200, help_text="The `next` of the page before. Opaque."
    )
    limit = serializers.IntegerField(
        default=DEFAULT, min_value=1, max_value=MOST, help_text="The most items to answer with."
    )


class Page(NamedTuple):
    """One page, and the cursor of the one after it; None at the end."""

    results: Sequence[Any]
    next: str | None


def asked(query: type[PageQuery], request: Request) -> dict[str, Any]:
    """Return the checked query of a list: a misspelt filter would list all.

    Raises ValidationError, Problem.
    """
    form = query(data=request.query_params.dict())
    refuse_unknown(set(request.query_params) - set(form.fields))
    form.is_valid(raise_exception=True)
    return dict(form.validated_data)


def page_of(rows: TenantQuerySet[Any], moment: str, *, cursor: str | None, limit: int) -> Page:
    """Return a page of rows in the order -`moment`, -id. Raises Problem for a foreign cursor.

    What does not open is left out and reported, so that no damage bars the way to the rest.
    """
    if cursor is not None:
        at, identity = _decode(cursor)
        before = Q(**{f"{moment}__lt": at}) | Q(id__lt=identity)
        rows = rows.filter(before, **{f"{moment}__lte": at})
    found = list(rows.order_by(f"-{moment}", "-id")[: limit + 1])
    items = found[:limit]
    more = len(found) > limit
    following = _encode(getattr(items[-1], moment), items[-1].pk) if more else None
    return Page(openable(items), following)


def page_of_list(rows: Sequence[Any], *, cursor: str | None, limit: int) -> Page:
    """Return a page of a list in memory; the cursor is the id of the last item before it."""
    start = 0
    if cursor is not None:
        places = {row.pk.hex: place for place, row in enumerate(rows)}
        if cursor not in places:
            _bad_cursor()
        start = places[cursor] + 1
    items = rows[start : start + limit]
    return Page(items, items[-1].pk.hex if start + limit < len(rows) else None)


def _encode(moment: datetime, identity: UUID) -> str:
    micros = int(moment.timestamp()) * 1_000_000 + moment.microsecond
    return base64.urlsafe_b64encode(micros.to_bytes(8, "big") + identity.bytes).decode()


def _decode(cursor: str) -> tuple[datetime, UUID]:
    try:
        raw = base64.b64decode(cursor.encode("ascii"), altchars=b"-_", validate=True)
        if len(raw) != 24:
            _bad_cursor()
        seconds, micros = divmod(int.from_bytes(raw[:8], "big"), 1_000_000)
        moment = datetime.fromtimestamp(seconds, UTC).replace(microsecond=micros)
    except (ValueError, OverflowError, OSError, binascii.Error):
        _bad_cursor()
    if not FIRST_YEAR <= moment.year < LAST_YEAR:
        _bad_cursor()
    return moment, UUID(bytes=raw[8:])


def _bad_cursor() -> NoReturn:
    detail = "This cursor is not one of this list. Begin again without one."
    raise Problem(400, "invalid_cursor", detail, field="cursor")
