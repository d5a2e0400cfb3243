"""What an uploaded register would do to the one there is: nothing is done here."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from customers.actions.registers import Addition, Change
from customers.actions.staff import FIELDS, StaffDetails
from customers.forms.staff import StaffForm
from customers.models import StaffMember
from customers.staff_files.columns import MEANINGS, in_writing
from customers.staff_files.differing import SEPARATORS, differences
from customers.staff_files.matching import Matching, Row, Values, folded

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


def make_plan(
    table: Sequence[Sequence[str]], meanings: Sequence[str], register: Sequence[StaffMember], *,
    match_by: str, removes: bool, lines: Sequence[int] = (),
) -> Plan:  # fmt: skip
    """Return what the table, its headings first, would do to the register.

    `lines` says where in its file each row stands; without them the rows are counted.
    Columns without a meaning are not looked at, and what no column says of a person stays. An
    empty cell empties. Whom the file does not name is removed only if `removes`.
    """
    plan = Plan(removes=removes)
    numbered = list(zip(lines or range(1, len(table) + 1), table, strict=True))
    checked = _rows(numbered[1:], meanings, plan.troubles)
    rows = [Row(line, values) for line, values in checked]
    plan.left = Matching(register, rows, match_by).run()
    _refuse_to_renew(plan, rows)
    for row in rows:
        if row.doubt:
            plan.troubles.append(Trouble(row.line, str(MEANINGS[match_by]), row.doubt))
        elif row.person is None:
            plan.added.append(Addition(row.line, StaffDetails(**row.values)))
        elif fields := differences(row.person, row.values):
            whole = _whole(row.person, row.values)
            plan.changed.append(Change(row.line, row.person, whole, fields))
        else:
            plan.same += 1
    return plan


def _refuse_to_renew(plan: Plan, rows: Sequence[Row]) -> None:
    """Doubt a new person called as somebody who would be removed: it may be one and the same.

    Whoever is removed and made anew loses calls, absences and membership.
    """
    leaving = {folded(person.name) for person in plan.removed}
    for row in rows:
        if row.person is None and not row.doubt and row.name in leaving:
            row.doubt = _(
                "Somebody of this name is on the register with another address, and would be"
                " removed. Change the address there first, or choose to match by name."
            )


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


def _whole(person: StaffMember, values: Values) -> StaffDetails:
    return StaffDetails(**({name: getattr(person, name) for name in FIELDS} | values))


def ids_of(people: Sequence[StaffMember]) -> list[UUID]:
    return [person.pk for person in people]
