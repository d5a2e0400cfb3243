"""Which calls to list; what support may listen to, why and how long."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.forms.filters import ListFilter, day_field
from recordings.listening import HOURS
from recordings.models import RecordingQuerySet
from smartsvar.clock import STOCKHOLM
from smartsvar.plain_text import PlainText


class RecordingFilter(ListFilter):
    """Days, caller, staff."""

    def apply(self, rows: RecordingQuerySet) -> RecordingQuerySet:
        """Return the rows asked for; none when the question makes no sense."""
        if not self.is_valid():
            return rows.none()
        found = rows.started_between(self.start, self.end)
        if self.cleaned_data["caller"]:
            found = found.from_caller(self.customer, self.cleaned_data["caller"])
        narrowed: RecordingQuerySet = self.narrow(found)
        return narrowed


LASTS = dict(zip(HOURS, (_("An hour"), _("A day"), _("A week")), strict=True))


class GrantForm(PlainText, forms.Form):
    """Why support is to listen, and how long it may."""

    reason = forms.CharField(
        label=_("Why is support to listen?"), max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Such as: the sound breaks off. Support reads it, and that is logged."),
    )  # fmt: skip
    hours = forms.TypedChoiceField(
        label=_("How long may support listen?"), coerce=int, choices=list(LASTS.items()),
        help_text=_("The permission ends by itself, and you can revoke it at any time."),
    )  # fmt: skip

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, label_suffix="")

    @property
    def lasts(self) -> timedelta:
        """How long; after is_valid()."""
        return timedelta(hours=self.cleaned_data["hours"])


class PeriodGrantForm(GrantForm):
    """Also which calls: those that began on these days, in Stockholm."""

    since = day_field(_("Calls from"))
    until = day_field(_("To and including"))
    field_order = ("since", "until", "reason", "hours")

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        for name in ("since", "until"):
            self.fields[name].required = True

    def clean(self) -> dict[str, Any]:
        answers = super().clean() or {}
        since, until = answers.get("since"), answers.get("until")
        if since and until and until < since:
            self.add_error("until", _("The last day is before the first."))
        return answers

    @property
    def start(self) -> datetime:
        """The first day's first moment in Stockholm."""
        return datetime.combine(self.cleaned_data["since"], time.min, tzinfo=STOCKHOLM)

    @property
    def end(self) -> datetime:
        """The first moment after the last day."""
        after = self.cleaned_data["until"] + timedelta(days=1)
        return datetime.combine(after, time.min, tzinfo=STOCKHOLM)
