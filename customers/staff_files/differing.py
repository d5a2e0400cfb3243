"""What a row of a file says otherwise than the register."""

import re
from typing import Any

from customers.actions.staff import FIELDS
from customers.forms.staff import keywords_in
from customers.models import StaffMember

SEPARATORS = re.compile("[;\n]")  # of keywords in a file, beside the comma


def differences(person: StaffMember, values: dict[str, Any]) -> list[str]:
    """Return the fields of which the values say something else than the register."""
    return [
        name for name in FIELDS if name in values and _other(getattr(person, name), values[name])
    ]


def _other(known: Any, said: Any) -> bool:
    if isinstance(known, list):
        # An API's keyword may hold a comma, or a semicolon.
        return keywords_in(SEPARATORS.sub(",", ",".join(known))) != list(said)
    return str(known).replace("\r\n", "\n").strip() != str(said).replace("\r\n", "\n")
