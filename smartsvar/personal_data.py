"""The vocabulary of a declaration, and `declared()`: which models hold what, why and how long.

Every model says in its own body what personal data it holds, once; the purge, and everything else
that must agree with the policy, reads it from there. See docs/declarations.md.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.utils.module_loading import import_string
from django.utils.translation import ngettext

from smartsvar.clock import STOCKHOLM

if TYPE_CHECKING:
    from django.db.models import Model
    from django.utils.functional import _StrPromise


class Category(StrEnum):
    """What kind of data, in the words of the policies (identification, contact, history …)."""

    IDENTIFICATION = "identification"
    CONTACT = "contact"
    HISTORY = "history"
    CALL_AUDIO = "call audio"
    MESSAGE = "phone message"
    STAFF = "staff register"


class Role(StrEnum):
    """Our role under article 4 (7) and (8) GDPR."""

    CONTROLLER = "controller"
    PROCESSOR = "processor"


class Basis(StrEnum):
    """The lawful basis (article 6), or, where we are processor, whose instruction it is."""

    CONTRACT = "contract, art. 6(1)(b)"
    LEGAL_OBLIGATION = "legal obligation, art. 6(1)(c)"
    LEGITIMATE_INTEREST = "legitimate interest, art. 6(1)(f)"
    CUSTOMER_INSTRUCTION = "the customer's instruction, art. 28(3)(a)"


class Erase(StrEnum):
    """How a row is destroyed."""

    SHRED = "shred"  # its key is destroyed, then its bytes, then the row
    WITH_PARENT = "with parent"  # sealed under its parent's key, deleted in the same transaction
    DELETE = "delete"  # an unsealed row, deleted
    PRUNE = "prune"  # the audit trail: a segment goes, its end hash stays


class Restrict(StrEnum):
    """What a restriction (article 18) does to the row."""

    HIDE = "hide"
    NOTHING = "nothing"


@dataclass(frozen=True, kw_only=True)
class Keep:
    """How long: calendar months or days after a moment that the row (or its owner) carries.

    since: path to the date the period starts from; None there means "not yet", so never while
    contracted.
    capped_by: path to a moment that `since` may not lie after (a claimed time against our own).
    shortened_by: path to the customer's own, shorter number of days; it can never lengthen.
    unfinished: (path, value) that marks a row begun and never completed; such a row is kept
    `unfinished_hours` after `capped_by` instead.
    with_parent: the row lives and dies with the named foreign key.
    """

    months: int | None = None
    days: int | None = None
    since: str = ""
    capped_by: str = ""
    shortened_by: str = ""
    unfinished: tuple[str, str] | None = None
    unfinished_hours: int = 0
    with_parent: str = ""

    def in_words(self) -> str:
        """Return the period in the reader's language: "3 months", "14 days"."""
        parts = []
        if self.months:
            parts.append(ngettext("%d month", "%d months", self.months) % self.months)
        if self.days:
            parts.append(ngettext("%d day", "%d days", self.days) % self.days)
        return " ".join(parts)

    def most_days(self) -> int:
        """Return the most calendar days that the period can have: 92 for three months."""
        starts = [datetime(2025, month, 1, 12, tzinfo=UTC) for month in range(1, 13)]
        ends = (later(start, months=self.months or 0, days=self.days or 0) for start in starts)
        return max(
            (end.date() - start.date()).days for start, end in zip(starts, ends, strict=True)
        )

    def paths(self) -> list[str]:
        """Return the paths of everything that the date depends on."""
        marks = [self.unfinished[0]] if self.unfinished else []
        return [path for path in (self.since, self.capped_by, self.shortened_by, *marks) if path]

    def due(self, row: object) -> datetime | None:
        """Return when `row` must be gone, to the second and never early; None while it may stay."""
        return self.derive(lambda path: follow(row, path))

    def derive(self, fact: Callable[[str], Any]) -> datetime | None:
        """Return the date from what `fact` says of each path.

        Calendar arithmetic is in Europe/Stockholm; where the local time is ambiguous or missing
        on a daylight-saving night, the later reading counts.
        """
        start: datetime | None = fact(self.since) if self.since else None
        if start is None:
            return None
        if self.capped_by:
            start = min(start, fact(self.capped_by))
        if self.unfinished and fact(self.unfinished[0]) == self.unfinished[1]:
            return start + timedelta(hours=self.unfinished_hours)
        end = later(start, months=self.months or 0, days=self.days or 0)
        shorter = fact(self.shortened_by) if self.shortened_by else None
        return end if shorter is None else min(end, later(start, days=shorter))


def follow(row: object, path: str) -> Any:
    """Return what the dotted `path` leads to from `row`."""
    value: Any = row
    for name in path.split("."):
        value = getattr(value, name)
    return value


def later(start: datetime, *, months: int = 0, days: int = 0) -> datetime:
    """Return the same wall-clock time in Stockholm so many calendar months and days later, in UTC.

    A day that the target month lacks becomes its last day (30 November + 3 months = 28 or
    29 February); of two readings of a local time the later one counts.
    """
    local = start.astimezone(STOCKHOLM)
    index = local.year * 12 + local.month - 1 + months
    year, month = divmod(index, 12)
    day = min(local.day, calendar.monthrange(year, month + 1)[1])
    wall = datetime(year, month + 1, day, *local.timetuple()[3:6], local.microsecond)  # noqa: DTZ001
    wall += timedelta(days=days)
    readings = (wall.replace(tzinfo=STOCKHOLM, fold=fold).astimezone(UTC) for fold in (0, 1))
    return max(readings)


@dataclass(frozen=True, kw_only=True)
class PersonalData:
    """One processing, declared in the body of the model that holds it.

    purpose: English msgid, shown through gettext. subject: whose data it is. export: the fields a
    data subject gets. withhold: every other field, with the reason. readable: fields that stay
    unsealed although personal, with the reason. blob: the attribute that names the row's sealed
    object in storage.
    """

    category: Category
    role: Role
    purpose: str | _StrPromise
    basis: Basis
    subject: str
    keep: Keep
    export: tuple[str, ...]
    withhold: dict[str, str] = field(default_factory=dict)
    readable: dict[str, str] = field(default_factory=dict)
    erase: Erase = Erase.SHRED
    restrict: Restrict = Restrict.HIDE
    blob: str = ""


@dataclass(frozen=True, kw_only=True)
class NoPersonalData:
    """A model without personal data says why."""

    because: str


def declaration_of(model: type[Model]) -> PersonalData | NoPersonalData | None:
    """Return what `model` declares in its own body, or what third_party says of a library's."""
    own = model.__dict__.get("personal_data")
    if own is not None:
        return own  # type: ignore[no-any-return]
    foreign = import_string("smartsvar.third_party.DECLARATIONS")
    return foreign.get(model._meta.label)  # type: ignore[no-any-return]


def keep_of(label: str) -> Keep:
    """Return how long the model named by `label` ("recordings.Recording") is kept.

    For texts that people read, so that none of them says a period of its own.
    """
    declaration = declaration_of(apps.get_model(label))
    if not isinstance(declaration, PersonalData):
        raise LookupError(f"{label} holds no personal data.")
    return declaration.keep


def declared() -> Iterator[tuple[type[Model], PersonalData]]:
    """Yield every model that holds personal data, with its declaration."""
    for model in apps.get_models(include_auto_created=True):
        declaration = declaration_of(model)
        if isinstance(declaration, PersonalData):
            yield model, declaration
