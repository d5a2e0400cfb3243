"""Somebody on the staff register: picked from a short list, or named where the list is long.

A list of everybody would make each page that asks as heavy as the register is long.
"""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.models import StaffMember

FEW = 100  # people that a list to pick from still holds
NAMED = 5  # people whom a mistake names


class _Name(forms.TextInput):
    """Shows the name of whom an address carries by id."""

    def __init__(self, names: dict[str, str]) -> None:
        super().__init__({"autocomplete": "off"})
        self._names = names

    def format_value(self, value: Any) -> str | None:
        shown: str | None = super().format_value(value)
        return self._names.get(str(value), shown)


class _ByName(forms.CharField):
    """A name or a part of it that fits one person; cleans to the person's id, as a list does."""

    def __init__(self, people: Sequence[StaffMember], **kwargs: Any) -> None:
        self._names = {str(person.pk): person.name for person in people}
        super().__init__(max_length=200, widget=_Name(self._names), **kwargs)

    def clean(self, value: Any) -> str:
        said: str = super().clean(value)
        if not said or said in self._names:
            return said
        found = self._called(said.casefold())
        if len(found) == 1:
            return found[0]
        if not found:
            raise forms.ValidationError(_("Nobody on the staff register is called that."))
        some = ", ".join(self._names[each] for each in found[:NAMED])
        more = " …" if len(found) > NAMED else ""
        text = _("Several people fit: %(names)s. Write the whole name.")
        raise forms.ValidationError(text % {"names": some + more})

    def _called(self, said: str) -> list[str]:
        exact = [each for each, name in self._names.items() if name.casefold() == said]
        return exact or [each for each, name in self._names.items() if said in name.casefold()]


def person_field(label: Any, people: Sequence[StaffMember], *, nobody: Any) -> forms.Field:
    """Return an optional field for one of `people`, who come sorted; it cleans to "" or an id."""
    if len(people) > FEW:
        return _ByName(people, label=label, required=False)
    names = [(str(person.pk), person.name) for person in people]
    return forms.ChoiceField(label=label, required=False, choices=[("", nobody), *names])
