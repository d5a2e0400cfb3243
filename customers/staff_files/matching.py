"""Whom of the register each row of a file is: nobody twice, and in doubt nobody."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from customers.models import StaffMember
from customers.staff_files.differing import differences

Values = dict[str, Any]
Key = Callable[["Row"], Hashable]


@dataclass
class Row:
    """A row of the file, and what is found: the person, or why there is doubt; neither: it is new.

    `address` is None where no column says it.
    """

    line: int
    values: Values
    person: StaffMember | None = None
    doubt: str = ""

    @property
    def name(self) -> str:
        return folded(self.values["name"])

    @property
    def address(self) -> str | None:
        return str(self.values["email"]).casefold() if "email" in self.values else None


def folded(name: str) -> str:
    """Return the name as two writings of it are compared."""
    return " ".join(name.split()).casefold()


class Matching:
    """Pairs rows with people: first who is called and addressed the same, then what `by` says.

    By name: who is called the same. By e-mail: who alone has the address, else who alone has the
    name; an address that several share (info@, order@) is nobody's own, nor is a colleague's that
    somebody else on the register has taken over.
    """

    def __init__(self, register: Sequence[StaffMember], rows: Sequence[Row], by: str) -> None:
        self._free = {person.pk: person for person in register}
        self._rows, self._by = rows, by
        names = [folded(person.name) for person in register]
        addresses = [_address(person) for person in register]
        # Nobody's alone: what several of the register have, or several rows of the file.
        self._names = set(names)
        self._shared_names = _several(names) | _several(row.name for row in rows)
        self._shared_addresses = _several(addresses) | _several(row.address for row in rows) | {""}

    def run(self) -> list[StaffMember]:
        """Find whom each row is; return whom no row was."""
        self._pair(lambda row: (row.name, row.address), _called_and_addressed, alike=True)
        self._pair(lambda row: row.name, _called, alike=True)  # where no column is the address
        self._pair(lambda row: (row.name, row.address), _called_and_addressed)
        if self._by == "name":
            self._pair(lambda row: row.name, _called)
        else:
            self._pair(self._own_address, _address)
            self._pair(self._own_name, _called)
        self._doubt()
        return list(self._free.values())

    def _own_address(self, row: Row) -> Hashable:
        taken_over = row.name in self._names and row.name not in self._shared_names
        return None if taken_over or row.address in self._shared_addresses else row.address

    def _own_name(self, row: Row) -> Hashable:
        return None if row.name in self._shared_names else row.name

    def _waiting(self) -> list[Row]:
        return [row for row in self._rows if row.person is None]

    def _pair(
        self, of_row: Key, of_person: Callable[[StaffMember], Hashable], *, alike: bool = False
    ) -> None:
        """Pair who has the same key: a single person, or with `alike` any who says just that."""
        people: dict[Hashable, list[StaffMember]] = defaultdict(list)
        for person in self._free.values():
            people[of_person(person)].append(person)
        for row in self._waiting():
            key = of_row(row)
            found = [] if key is None else people.get(key, [])
            if alike:
                found = [person for person in found if not differences(person, row.values)]
            if len(found) == 1 or (alike and found):
                row.person = person = found[0]
                people[key].remove(person)
                del self._free[person.pk]

    def _doubt(self) -> None:
        """Say of each row that is nobody why it can be no new person either."""
        known = {(folded(p.name), _address(p)) for p in self._free.values()}
        called = {name for name, _address in known}
        first: dict[Hashable, int] = {}
        for row in self._rows:
            key = row.name if self._by == "name" else (row.name, row.address)
            line = first.setdefault(key, row.line)
            if row.person is not None:
                continue
            if self._by == "name" and row.name in called:
                row.doubt = _("Several on the register are called this. Try the e-mail address.")
            elif self._by == "email" and (row.name, row.address) in known:
                row.doubt = _("Several on the register are called this and have this address.")
            elif line != row.line:
                row.doubt = _("The same as on line %(line)d.") % {"line": line}


def _several(keys: Iterable[Any]) -> set[Any]:
    return {key for key, count in Counter(keys).items() if count > 1}


def _address(person: StaffMember) -> str:
    return str(person.email).casefold()


def _called(person: StaffMember) -> str:
    return folded(person.name)


def _called_and_addressed(person: StaffMember) -> tuple[str, str]:
    return folded(person.name), _address(person)
