"""Who is away, until when, and what callers are told of them now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import formats, translation
from django.utils.translation import gettext as _

from customers.models import Absence, Customer, Kind, StaffMember
from smartsvar.clock import STOCKHOLM
from smartsvar.paging import openable


@dataclass(frozen=True)
class Presence:
    """One person at one moment. `back_at` is None also for whoever is away without an end."""

    absence: Absence | None
    back_at: datetime | None
    notice: str

    @property
    def away(self) -> bool:
        return self.absence is not None


def notice_in_force(person: StaffMember, at: datetime) -> str:
    """Return what callers are told of this person at `at`; "" for nothing in particular.

    The words of the absence in force, else the sentence of its kind, else the standing answer
    notice. An absence is in force from its first moment up to, and not including, its end. Of
    several the one that began last counts: a lunch within a day of travel. In the customer's
    language, for that is what its callers hear.
    """
    return presence_of(person.customer, [person], at)[person.pk].notice


def presence_of(
    customer: Customer, people: Sequence[StaffMember], at: datetime
) -> dict[UUID, Presence]:
    """Return each person's presence at `at`; one query for all, however many they are.

    Of whoever is in, no absence to come is read; and none to come is opened.
    """
    rows = Absence.objects.of(customer).overlapping(at, None)
    away = Absence.objects.of(customer).in_force(at).values("staff")
    rows = rows.filter(staff=people[0]) if len(people) == 1 else rows.filter(staff__in=away)
    mine: dict[UUID | None, list[Absence]] = {}
    known = list(rows)
    begun = openable([each for each in known if each.starts_at <= at])
    for absence in [*begun, *(each for each in known if each.starts_at > at)]:
        mine.setdefault(absence.staff_id, []).append(absence)
    with translation.override(customer.language):
        return {person.pk: _presence(person, mine.get(person.pk, []), at) for person in people}


def _presence(person: StaffMember, absences: Iterable[Absence], at: datetime) -> Presence:
    known = list(absences)
    begun = [each for each in known if each.starts_at <= at]
    if not begun:
        return Presence(None, None, person.answer_notice)
    current = max(begun, key=lambda each: (each.starts_at, each.created_at, each.pk))
    back = back_at(known, at)
    return Presence(current, back, current.text or _sentence(current, back, at))


def back_at(absences: Sequence[Absence], at: datetime) -> datetime | None:
    """Return the first moment after `at` at which none of one person's absences is in force.

    Of whoever is in at `at`: after the first to come. None: no end is known.
    """
    known = sorted(absences, key=lambda each: each.starts_at)
    back = max([at, *(each.starts_at for each in known[:1])])
    for each in known:
        if each.starts_at > back:
            break
        if each.ends_at is None:
            return None
        back = max(back, each.ends_at)
    return back


def _sentence(absence: Absence, back_at: datetime | None, at: datetime) -> str:
    """Say it as one says it to a caller, who is never told that somebody is ill."""
    said = {
        Kind.HOLIDAY: _("Is on holiday."),
        Kind.LUNCH: _("Is at lunch."),
        Kind.MEETING: _("Is in a meeting."),
        Kind.TRAVEL: _("Is away on business."),
        Kind.PARENTAL: _("Is on parental leave."),
    }.get(Kind(absence.kind) if absence.kind in Kind.values else Kind.OTHER, _("Is not in."))
    return said if back_at is None else f"{said} {back_in_words(back_at, at)}"


def back_in_words(back_at: datetime, at: datetime) -> str:
    """Return "Back at 13:00.", or with the day when that is another; midnight goes unsaid."""
    local, today = back_at.astimezone(STOCKHOLM), at.astimezone(STOCKHOLM).date()
    words = {
        "day": formats.date_format(local, "j F" if local.year == today.year else "j F Y"),
        "time": formats.date_format(local, "H:i"),
    }
    if local.date() == today:
        return _("Back at %(time)s.") % words
    if (local.hour, local.minute) == (0, 0):
        return _("Back on %(day)s.") % words
    return _("Back on %(day)s at %(time)s.") % words
