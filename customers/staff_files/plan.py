"""What an uploaded register would do to the one there is: nothing is done here."""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from customers.actions.registers import Addition, Change
from customers.actions.staff import FIELDS, StaffDetails
from customers.forms.staff import StaffForm, keywords_in
from customers.models import StaffMember
from customers.staff_files.columns import MEANINGS, in_writing

SEPARATORS = re.compile("[;\n]")  # of keywords in a file, beside the comma
Values = dict[str, Any]
NAMED = 50  # changes that are shown one by one


@dataclass(frozen=True)
class Trouble:
    """What is wrong with one cell: the line in the file, the column's meaning, why."""

    line: int
    column: str
    why: str


class Turn(NamedTuple):
    """How a field of a person changes: what it is called, what it says now and would say."""

    field: str
    was: str
    becomes: str


@dataclass
class Plan:
    """What would be done."""

    added: list[Addition] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    same: int = 0
    left: list[StaffMember] = field(default_factory=list)  # whom the file does not name
    removes: bool = False
    troubles: list[Trouble] = field(default_factory=list)

    @property
    def removed(self) -> list[StaffMember]:
        return self.left if self.removes else []

    @property
    def named_first(self) -> Iterator[tuple[Change, list[Turn]]]:
        """Yield the first changes with the changed fields in the reader's words."""
        for each in self.changed[:NAMED]:
            yield each, [_turn(each, name) for name in each.fields]

    @property
    def does_nothing(self) -> bool:
        return not (self.added or self.changed or self.removed)

    @property
    def fingerprint(self) -> str:
        """Tells one plan from another without saying anything of a person.

        Whatever it writes is in it, and under our secret: a plain hash of a name can be guessed.
        """
        parts: list[Any] = [(each.line, _written(each.details, FIELDS)) for each in self.added]
        parts += [
            (str(each.person.pk), each.fields, _written(each.details, each.fields))
            for each in self.changed
        ]
        parts += [str(person.pk) for person in self.removed]
        return salted_hmac(__name__, json.dumps(parts), algorithm="sha256").hexdigest()


def _turn(change: Change, name: str) -> Turn:
    was, becomes = (
        in_writing(name, getattr(each, name)) for each in (change.person, change.details)
    )
    return Turn(str(MEANINGS[name]), was, becomes)


def _written(details: StaffDetails, fields: Sequence[str]) -> list[Any]:
    return [getattr(details, name) for name in fields]


class Matching:
    """Finds whom of the register a row is, by e-mail or by name, nobody twice."""

    def __init__(self, register: Sequence[StaffMember], by: str) -> None:
        self._by = by
        self._people: dict[tuple[str, str], list[StaffMember]] = defaultdict(list)
        self._lines: dict[tuple[str, str], int] = {}
        for person in register:
            self._people[self._key({"name": person.name, "email": person.email})].append(person)

    def _key(self, values: Values) -> tuple[str, str]:
        """By e-mail; who has none is found by name among those who have none either."""
        address = str(values.get("email", "")).casefold()
        if self._by == "email" and address:
            return ("email", address)
        return ("name" if self._by == "name" else "name alone", _folded(values["name"]))

    def find(self, values: Values, line: int) -> StaffMember | None:
        """Return the person, None for a new one. Raises ValueError, saying why, when in doubt."""
        key = self._key(values)
        waiting = self._people.get(key, [])
        alike = [person for person in waiting if not differences(person, values)]
        if len(waiting) > 1 and not alike:
            raise ValueError(_("Several on the register are called this or have this address."))
        if waiting:
            person = (alike or waiting)[0]
            waiting.remove(person)
            self._lines.setdefault(key, line)
            return person
        if key in self._lines:
            same = _("The same as on line %(line)d.")
            raise ValueError(same % {"line": self._lines[key]})
        self._lines[key] = line
        return None

    def left(self) -> list[StaffMember]:
        """Return whom no row was."""
        return [person for people in self._people.values() for person in people]


def make_plan(
    table: Sequence[Sequence[str]], meanings: Sequence[str], register: Sequence[StaffMember], *,
    match_by: str, removes: bool, lines: Sequence[int] = (),
) -> Plan:  # fmt: skip
    """Return what the table, its headings first, would do to the register.

    `lines` says where in its file each row stands; without them the rows are counted.
    Columns without a meaning are not looked at, and what no column says of a person stays. An
    empty cell empties. Whom the file does not name is removed only if `removes`.
    """
    plan, matching = Plan(removes=removes), Matching(register, match_by)
    numbered = list(zip(lines or range(1, len(table) + 1), table, strict=True))
    for line, values in _rows(numbered[1:], meanings, plan.troubles):
        try:
            person = matching.find(values, line)
        except ValueError as error:
            plan.troubles.append(Trouble(line, str(MEANINGS[match_by]), str(error)))
            continue
        if person is None:
            plan.added.append(Addition(line, StaffDetails(**values)))
        elif fields := differences(person, values):
            plan.changed.append(Change(line, person, _whole(person, values), fields))
        else:
            plan.same += 1
    plan.left = matching.left()
    return plan


def _rows(
    numbered: Sequence[tuple[int, Sequence[str]]], meanings: Sequence[str],
    troubles: list[Trouble],
) -> Iterator[tuple[int, Values]]:  # fmt: skip
    """Yield the checked rows with their lines; what is wrong with the others is noted."""
    form = StaffForm({})
    known = {meaning for meaning in meanings if meaning}
    wanted = {"name"} if known & {"first_name", "last_name"} else set()
    wanted |= known & set(FIELDS)
    for line, cells in numbered:
        said = _said(cells, meanings)
        form.data = said
        form.full_clean()
        for name, errors in form.errors.items():
            label = str(MEANINGS.get(name, MEANINGS["name"]))
            troubles += [Trouble(line, label, str(error)) for error in errors]
        if not form.errors:
            yield line, {name: form.cleaned_data[name] for name in wanted}


def _said(cells: Sequence[str], meanings: Sequence[str]) -> Values:
    said = {meaning: text for meaning, text in zip(meanings, cells, strict=False) if meaning}
    if "keywords" in said:
        said["keywords"] = SEPARATORS.sub(",", said["keywords"])
    if "name" not in said:
        parts = (said.get("first_name", ""), said.get("last_name", ""))
        said["name"] = " ".join(part for part in parts if part)
    return said


def differences(person: StaffMember, values: Values) -> list[str]:
    """Return the fields of which the values say something else than the register."""
    return [
        name for name in FIELDS if name in values and _other(getattr(person, name), values[name])
    ]


def _other(known: Any, said: Any) -> bool:
    if isinstance(known, list):
        # An API's keyword may hold a comma, or a semicolon.
        return keywords_in(SEPARATORS.sub(",", ",".join(known))) != list(said)
    return str(known).replace("\r\n", "\n").strip() != str(said).replace("\r\n", "\n")


def _whole(person: StaffMember, values: Values) -> StaffDetails:
    return StaffDetails(**({name: getattr(person, name) for name in FIELDS} | values))


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


def ids_of(people: Sequence[StaffMember]) -> list[UUID]:
    return [person.pk for person in people]
