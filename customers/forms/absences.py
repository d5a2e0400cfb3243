"""The forms of an absence and of its calendar."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.actions.absences import AbsenceFacts, in_order
from customers.forms.filters import day_field
from customers.forms.focus import FocusingForm
from customers.forms.people import person_field
from customers.models import Absence, Kind, StaffMember
from smartsvar.clock import STOCKHOLM
from smartsvar.plain_text import PlainText

MIDNIGHT = time.min


def time_field(label: Any, help_text: Any = "") -> forms.TimeField:
    """A time of day, to the minute."""
    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    return forms.TimeField(label=label, required=False, widget=widget, help_text=help_text)


class AbsenceForm(PlainText, forms.Form):
    """Days and times in Stockholm. Without times: whole days, the last one included."""

    kind = forms.ChoiceField(label=_("Reason"), choices=Kind.choices)
    first_day = day_field(_("From"))
    first_time = time_field(_("At"), _("Empty: the whole day."))
    last_day = day_field(_("To and including"))
    last_time = time_field(_("Back at"), _("Empty: the whole day."))
    text = forms.CharField(
        label=_("What to tell callers"), max_length=2000, required=False,
        help_text=_("Empty: a sentence that fits the reason. Callers are never told of sickness."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip

    def __init__(
        self, data: Any = None, *, absence: Absence | None = None, day: date | None = None
    ) -> None:
        initial = _facts(absence) if absence else {"kind": Kind.HOLIDAY, "first_day": day}
        super().__init__(data, initial=initial, label_suffix="")
        self.fields["first_day"].required = True
        self.fields["last_day"].help_text = _("Empty: until somebody says that the person is back.")

    def as_hidden(self) -> list[tuple[str, str]]:
        """Return the names and values that, posted, say the same."""
        return [(each.name, _written(each)) for each in self]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        start = found.get("first_day")
        if start is None or self.errors:
            return found
        if found["last_time"] and not found["last_day"]:
            self.add_error("last_day", _("Say on which day."))
        elif skipped := [name for name, at in self._moments() if not _exists(at)]:
            self.add_error(skipped[0], _("The clock is put forward that night, past this time."))
        elif not in_order(self.starts_at, self.ends_at):
            self.add_error("last_day", _("It ends before it begins."))
        return found

    def _moments(self) -> list[tuple[str, datetime]]:
        """Return the moments that a time of day was given for, by its field."""
        start, end = ("first_time", self.starts_at), ("last_time", self.ends_at)
        return [start] if end[1] is None else [start, (end[0], end[1])]

    @property
    def starts_at(self) -> datetime:
        """The first moment away."""
        at = self.cleaned_data["first_time"] or MIDNIGHT
        return datetime.combine(self.cleaned_data["first_day"], at, tzinfo=STOCKHOLM)

    @property
    def ends_at(self) -> datetime | None:
        """The first moment back; of two readings of a local time the later one."""
        day, at = self.cleaned_data["last_day"], self.cleaned_data["last_time"]
        if day is None:
            return None
        if at is None:
            return datetime.combine(day + timedelta(days=1), MIDNIGHT, tzinfo=STOCKHOLM)
        return datetime.combine(day, at, tzinfo=STOCKHOLM).replace(fold=1)

    def facts(self) -> AbsenceFacts:
        """What the action takes; after is_valid()."""
        said = self.cleaned_data
        return AbsenceFacts(
            starts_at=self.starts_at, ends_at=self.ends_at, kind=said["kind"], text=said["text"]
        )


def _exists(local: datetime) -> bool:
    """Whether clocks ever show it: on one night of spring they leave an hour out."""
    shown = local.astimezone(UTC).astimezone(STOCKHOLM)
    return shown.replace(tzinfo=None) == local.replace(tzinfo=None, fold=0)


def _written(field: forms.BoundField) -> str:
    """Return the value as its input would have it; a choice has a list of one."""
    value = field.field.widget.format_value(field.value())
    return str(value[0] if isinstance(value, list) else value or "")


def _facts(absence: Absence) -> dict[str, Any]:
    start = absence.starts_at.astimezone(STOCKHOLM)
    facts: dict[str, Any] = {
        "kind": absence.kind, "text": absence.text, "first_day": start.date(),
        "first_time": start.time() if start.time() != MIDNIGHT else None,
    }  # fmt: skip
    if absence.ends_at is None:
        return facts
    end = absence.ends_at.astimezone(STOCKHOLM)
    if end.time() == MIDNIGHT:
        return facts | {"last_day": end.date() - timedelta(days=1)}
    return facts | {"last_day": end.date(), "last_time": end.time()}


class CalendarForm(FocusingForm):
    """Whose calendar, in the page's address like every list's filter."""

    def __init__(self, data: Any, *, register: list[StaffMember]) -> None:
        super().__init__(data, label_suffix="")
        self.fields["person"] = person_field(_("Whose absence"), register, nobody=_("Everybody"))

    @property
    def active(self) -> bool:
        return bool(self.data.get("person"))

    @property
    def person_id(self) -> UUID | None:
        """The person asked for; None for everybody, and for nobody that is on the register."""
        chosen = self.cleaned_data.get("person") if self.is_valid() else None
        return UUID(chosen) if chosen else None
