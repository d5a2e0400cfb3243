"""Somebody on the staff register: picked from a short list, or named where the list is long.

A list of everybody would make each page that asks as heavy as the register is long.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.actions.staff import sort_key
from customers.models import Customer, StaffMember
from smartsvar import callers
from smartsvar.paging import openable

FEW = 100  # people that a list to pick from still holds
NAMED = 5  # people whom a mistake names
LONGEST = 800  # characters of a label: a name, a title and an address as long as they may be


def labels_of(people: Sequence[StaffMember]) -> dict[str, str]:
    """Return what each is called in a list, by id: the name; with more where several share it.

    The title, e-mail or phone tells them apart, or else a number. Whose data may only be stored is
    called by the id.
    """
    names = {str(person.pk): _called(person) for person in people}
    shared = Counter(name.casefold() for name in names.values())
    for person in people:
        if shared[names[str(person.pk)].casefold()] > 1:
            reached = person.email or callers.display(person.phone)
            told = [_plain(text) for text in (person.title, reached)]
            names[str(person.pk)] = ", ".join(filter(None, [names[str(person.pk)], *told]))
    return _numbered(names)


def _numbered(names: dict[str, str]) -> dict[str, str]:
    """Put a number behind those that are equal all the same, in the order of their ids."""
    shared = Counter(name.casefold() for name in names.values())
    seen: Counter[str] = Counter()
    numbered = {}
    for each in sorted(names):
        plain = names[each].casefold()
        seen[plain] += 1
        numbered[each] = f"{names[each]} ({seen[plain]})" if shared[plain] > 1 else names[each]
    return {each: numbered[each] for each in names}


def _called(person: StaffMember) -> str:
    return str(person.pk) if person.restricted else (_plain(person.name) or str(person.pk))


def _plain(text: str) -> str:
    return " ".join(text.split())


def askable(customer: Customer) -> list[StaffMember]:
    """Return whom a right may be used about: the register, with whom a restriction hides in it."""
    people = openable(list(StaffMember.objects.filter(customer=customer).timely()))
    return sorted(people, key=lambda person: sort_key(_called(person)))


class _Name(forms.TextInput):
    """Shows the name of whom an address carries by id."""

    def __init__(self, names: dict[str, str]) -> None:
        super().__init__({"autocomplete": "off"})
        self._names = names

    def format_value(self, value: Any) -> str | None:
        shown: str | None = super().format_value(value)
        return self._names.get(str(value), shown)


class _ByName(forms.CharField):
    """A name, as the list writes it or a part of it; cleans to the person's id, as a list does."""

    def __init__(self, people: Sequence[StaffMember], **kwargs: Any) -> None:
        self._names = labels_of(people)
        super().__init__(max_length=LONGEST, widget=_Name(self._names), **kwargs)

    def clean(self, value: Any) -> str:
        said: str = super().clean(value)
        if not said or said in self._names:
            return said
        found = self._called(_plain(said).casefold())
        if len(found) == 1:
            return found[0]
        if not found:
            raise forms.ValidationError(_("Nobody on the staff register is called that."))
        some = "; ".join(self._names[each] for each in found[:NAMED])
        more = " …" if len(found) > NAMED else ""
        text = _("Several people fit: %(names)s. Write one of them as it stands here.")
        raise forms.ValidationError(text % {"names": some + more})

    def _called(self, said: str) -> list[str]:
        exact = [each for each, name in self._names.items() if name.casefold() == said]
        return exact or [each for each, name in self._names.items() if said in name.casefold()]


def person_field(label: Any, people: Sequence[StaffMember], *, nobody: Any) -> forms.Field:
    """Return an optional field for one of `people`, who come sorted; it cleans to "" or an id."""
    if len(people) > FEW:
        return _ByName(people, label=label, required=False)
    choices = [("", nobody), *labels_of(people).items()]
    return forms.ChoiceField(label=label, required=False, choices=choices)
