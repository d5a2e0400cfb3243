"""The header Idempotency-Key at a door: claimed, answered again, or refused."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from rest_framework.response import Response

from customers.actions import idempotency
from customers.api_base import ApiView
from customers.models import TenantQuerySet
from customers.problems import Problem

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
# A structured field's string (RFC 9651), or the same without its quotes.
_NAME = re.compile(r'(?P<quote>"?)(?P<name>[\x21\x23-\x7e]{1,255})(?P=quote)')


@contextmanager
def once(view: ApiView, *, at: datetime) -> Iterator[idempotency.Claim]:
    """Do the work of this request once, if it carries the header; a failure frees the key."""
    claimed = _claim(view, at)
    try:
        yield claimed
    except idempotency.OtherContent as error:
        detail = "This Idempotency-Key was used for another content."
        raise Problem(422, "idempotency_mismatch", detail, field=HEADER) from error
    except idempotency.LeaseLost as error:
        raise _in_flight(5) from error
    except BaseException:
        claimed.release()
        raise


def _claim(view: ApiView, at: datetime) -> idempotency.Claim:
    header = view.request.headers.get(HEADER)
    if header is None:
        return idempotency.Unclaimed()
    match = _NAME.fullmatch(header.strip())
    if match is None:
        detail = "An Idempotency-Key is 1 to 255 visible ASCII characters."
        raise Problem(400, "invalid", detail, field=HEADER)
    try:
        return idempotency.claim(view.key, view.customer, match["name"], at=at)
    except idempotency.InFlight as error:
        raise _in_flight(error.retry_after) from error


def _in_flight(seconds: int) -> Problem:
    detail = "A request with this Idempotency-Key is being worked on."
    return Problem(409, "in_flight", detail, field=HEADER, headers={"Retry-After": str(seconds)})


def made_before(rows: TenantQuerySet[Any], view: ApiView, made: UUID) -> Any:
    """Return what the first request made. Raises Problem 410 when it has gone since.

    Restricted or not: to whoever delivers, a restriction must not show (article 18), and the same
    content as the first time tells them nothing that they did not send.
    """
    found = rows.filter(customer=view.customer, id=made).timely().first()
    if found is None:
        raise Problem(
            410, "gone", "What the first request made has been deleted since.", field=HEADER
        )
    return found


def created(data: Any, address: str, *, replayed: bool) -> Response:
    """Answer 201 with the object's address: the same to a repeated request as to the first."""
    headers = {"Location": address} | ({REPLAYED: "true"} if replayed else {})
    return Response(data, status=201, headers=headers)
