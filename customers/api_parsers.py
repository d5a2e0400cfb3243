"""JSON as it comes from strangers: bounded, strict, and never a surprise further in."""

import json
from collections.abc import Mapping
from typing import IO, Any, NoReturn

from django.conf import settings
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from customers.problems import Problem


def _refuse(constant: str) -> NoReturn:
    raise ValueError


class BoundedJSON(BaseParser):
    """application/json in UTF-8, up to DATA_UPLOAD_MAX_MEMORY_SIZE; no NaN, no endless nesting."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Return the object. Raises ParseError, and Problem when it is too large."""
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise Problem(413, "too_large", "The body is larger than this address takes.")
        try:
            value = json.loads(raw.decode("utf-8"), parse_constant=_refuse)
        except (ValueError, RecursionError) as error:  # ValueError: also bad UTF-8 and huge numbers
            raise ParseError from error
        if not isinstance(value, dict):
            raise Problem(400, "invalid", "The body must be a JSON object.")
        return value
