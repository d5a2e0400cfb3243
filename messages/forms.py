"""Which messages to list."""

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.forms.filters import ListFilter
from messages.models import PhoneMessageQuerySet


class MessageFilter(ListFilter):
    """Days, caller, staff, and only what nobody has read."""

    unread = forms.BooleanField(label=_("Only unread"), required=False)

    def apply(self, rows: PhoneMessageQuerySet) -> PhoneMessageQuerySet:
        """Return the rows asked for; none when the question makes no sense."""
        if not self.is_valid():
            return rows.none()
        found = rows.taken_between(self.start, self.end)
        if self.cleaned_data["caller"]:
            found = found.from_caller(self.customer, self.cleaned_data["caller"])
        if self.cleaned_data["unread"]:
            found = found.unread()
        return found.filter(staff=self.staff_id) if self.staff_id else found
