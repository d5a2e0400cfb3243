"""Which calls to list."""

from customers.forms.filters import ListFilter
from recordings.models import RecordingQuerySet


class RecordingFilter(ListFilter):
    """Days, caller, staff."""

    def apply(self, rows: RecordingQuerySet) -> RecordingQuerySet:
        """Return the rows asked for; none when the question makes no sense."""
        if not self.is_valid():
            return rows.none()
        found = rows.started_between(self.start, self.end)
        if self.cleaned_data["caller"]:
            found = found.from_caller(self.customer, self.cleaned_data["caller"])
        return found.filter(staff=self.staff_id) if self.staff_id else found
