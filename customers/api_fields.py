"""Fields of the API's bodies, with the same rules at every address."""

import re
import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from rest_framework import serializers

from customers.models import Customer, StaffMember
from smartsvar import callers
from smartsvar.plain_text import BROKEN

# Unicode's Bidi_Control: text that shows as something else than it is.
BIDI = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
BREAKS = set("\n\r\t")
FIRST_YEAR, LAST_YEAR = 2000, 2100
CLOCK_SLACK = timedelta(minutes=5)


class PlainText(serializers.CharField):
    """Text without control or bidirectional characters, in NFC; `lines` allows line breaks."""

    default_error_messages = {"characters": "Control characters are not taken."}

    def __init__(self, *, lines: bool = False, **kwargs: Any) -> None:
        self.lines = lines
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        text = unicodedata.normalize("NFC", super().to_internal_value(data))
        allowed = BREAKS if self.lines else set()
        if any(self._bad(character) for character in text if character not in allowed):
            self.fail("characters")
        return text

    @staticmethod
    def _bad(character: str) -> bool:
        # U+FFFD is what a bad encoding left, U+FFFE and U+FFFF stand for nothing, and no workbook
        # may hold them; Zl and Zp are line breaks in disguise.
        kind = unicodedata.category(character)
        return kind in {"Cc", "Cs", "Zl", "Zp"} or character in BIDI | BROKEN


class Address(PlainText):
    """A caller: E.164, a national number, sip:user@host, or "withheld"."""

    default_error_messages = {"address": "Not a phone number, SIP address or 'withheld'."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": 250, "allow_blank": True} | kwargs)

    def to_internal_value(self, data: Any) -> str:
        try:
            return callers.normalise(super().to_internal_value(data))
        except ValueError:
            self.fail("address")


class Caller(Address):
    """Who called: an address, or "withheld" when it did not show."""

    def to_representation(self, value: str) -> str:
        return value or "withheld"


class Moment(serializers.DateTimeField):
    """A time with its offset (RFC 3339), of our century; answered in UTC."""

    default_error_messages = {
        "offset": "Say the offset from UTC, as in 2026-03-01T09:30:00+01:00.",
        "bounds": "Not a time that a call can have.",
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(default_timezone=UTC, **kwargs)

    def to_internal_value(self, value: Any) -> datetime:
        if not isinstance(value, str) or len(value) > 40 or not value.isascii():
            self.fail("invalid", format="RFC 3339")
        moment = super().to_internal_value(value)
        if not FIRST_YEAR <= moment.year < LAST_YEAR:
            self.fail("bounds")
        return moment

    def enforce_timezone(self, value: datetime) -> datetime:
        if value.tzinfo is None:
            self.fail("offset")
        if not FIRST_YEAR <= value.year < LAST_YEAR:
            self.fail("bounds")
        return value.astimezone(UTC)


class StaffReference(serializers.UUIDField):
    """A person in the customer's register, by id. The context holds `customer`."""

    default_error_messages = {
        "invalid": "Not a UUID.",
        "does_not_exist": "There is no such person in the staff register.",
    }

    def to_internal_value(self, data: Any) -> StaffMember:  # type: ignore[override]
        if not isinstance(data, str):
            self.fail("invalid")
        identity: UUID = super().to_internal_value(data)
        customer: Customer = self.context["customer"]
        # A restricted person's calls are still taken; who it is, no answer says.
        register = StaffMember.objects.filter(customer=customer).timely()
        person: StaffMember | None = register.filter(id=identity).first()
        if person is None:
            self.fail("does_not_exist")
        return person

    def to_representation(self, value: Any) -> str:
        return str(value.pk if isinstance(value, StaffMember) else value)


class ShownStaff(serializers.UUIDField):
    """A person's id in an answer; null for somebody restricted or being removed (article 18).

    The source is the person, whom a list brings along by select_related.
    """

    def get_attribute(self, instance: Any) -> UUID | None:
        person: Any = super().get_attribute(instance)
        hidden = person is None or person.restricted or person.shred_job_id is not None
        return None if person is None or hidden else person.pk


class Sha256(serializers.RegexField):
    """A SHA-256 in hexadecimal."""

    default_error_messages = {"invalid": "A SHA-256 is 64 hexadecimal digits."}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(re.compile(r"[0-9A-Fa-f]{64}\Z"), **kwargs)
