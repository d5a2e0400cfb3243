"""The forms of an absence and of its calendar."""

from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.actions.absences import AbsenceFacts
from customers.forms.filters import day_field
from customers.forms.staff import plain_text
from customers.models import Absence, Kind, StaffMember
from smartsvar.clock import STOCKHOLM

MIDNIGHT = time.min


def time_field(label: Any, help_text: Any = "") -> forms.TimeField:
    """A time of day, to the minute."""
    widget = forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
    return forms.TimeField(label=label, required=False, widget=widget, help_text=help_text)


class AbsenceForm(forms.Form):
    """Days and times in Stockholm. Without times: whole days, the last one included."""

    kind = forms.ChoiceField(label=_("Reason"), choices=Kind.choices)
    first_day = day_field(_("From"))
    first_time = time_field(_("At"), _("Empty: the whole day."))
    last_day = day_field(_("To and including"))
    last_time = time_field(_("Back at"), _("Empty: the whole day."))
    text = forms.CharField(
        label=_("What to tell callers"), max_length=2000, required=False, validators=[plain_text],
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

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        start = found.get("first_day")
        if start is None or self.errors:
            return found
        if found["last_time"] and not found["last_day"]:
            self.add_error("last_day", _("Say on which day."))
        elif self.ends_at is not None and self.ends_at <= self.starts_at:
            self.add_error("last_day", _("It ends before it begins."))
        return found

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


class CalendarForm(forms.Form):
    """Whose calendar, in the page's address like every list's filter."""

    person = forms.ChoiceField(label=_("Whose absence"), required=False)

    def __init__(self, data: Any, *, register: list[StaffMember]) -> None:
        super().__init__(data, label_suffix="")
        people = [(str(person.id), person.name) for person in register]
        self.fields["person"].choices = [("", _("Everybody")), *people]  # type: ignore[attr-defined]

    @property
    def active(self) -> bool:
        return bool(self.data.get("person"))

    @property
    def person_id(self) -> UUID | None:
        """The person asked for; None for everybody, and for nobody that is on the register."""
        chosen = self.cleaned_data.get("person") if self.is_valid() else None
        return UUID(chosen) if chosen else None
