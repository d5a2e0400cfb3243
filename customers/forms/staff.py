"""The form of a person on the staff register."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.core.paginator import Page, Paginator
from django.utils.translation import gettext_lazy as _

from customers.actions.staff import StaffDetails
from customers.models import StaffMember
from smartsvar import callers
from smartsvar.plain_text import PlainText, plain_text

KEYWORDS = 50  # these limits are the API's too
KEYWORD_LENGTH = 60


def keywords_in(text: str) -> list[str]:
    """Return the words between commas; of two that differ in capitals alone, the first."""
    found: dict[str, str] = {}
    for word in text.split(","):
        plain = " ".join(word.split())
        if plain:
            found.setdefault(plain.casefold(), plain)
    return list(found.values())


class StaffForm(PlainText, forms.Form):
    """Seed row A3: who can be asked for, how to reach them, what to answer."""

    name = forms.CharField(
        label=_("Name"),
        max_length=200,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    title = forms.CharField(label=_("Title"), max_length=200, required=False)
    phone = forms.CharField(
        label=_("Phone"), max_length=60, required=False,
        widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}),
    )  # fmt: skip
    email = forms.EmailField(
        label=_("E-mail"), max_length=254, required=False,
        help_text=_(
            "Messages to this person are sent here. Empty: they go to the company's address."
        ),
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )  # fmt: skip
    keywords = forms.CharField(
        label=_("Keywords"), max_length=KEYWORDS * (KEYWORD_LENGTH + 2), required=False,
        help_text=_(
            "What callers may ask about, separated by commas: invoices, roofs, complaints."
        ),
    )  # fmt: skip
    answer_notice = forms.CharField(
        label=_("Answer notice"), max_length=2000, required=False,
        help_text=_("What to tell callers, such as “At lunch, back at one”."),
        widget=forms.Textarea(attrs={"rows": 3}),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, person: StaffMember | None = None) -> None:
        super().__init__(data, initial=_facts(person) if person else None, label_suffix="")
        for each in self.fields.values():  # what was shown comes back beside what is written
            each.show_hidden_initial = person is not None

    @property
    def fields_changed(self) -> list[str]:
        """Which fields the editor changed since the page was shown; after is_valid().

        Where the answer does not say what was shown, the field counts as changed.
        """
        told = {name for name in self.fields if self[name].html_initial_name in self.data}
        return [name for name in self.fields if name not in told or name in self.changed_data]

    def clean(self) -> None:
        """Refuse what no page has shown: it would stand on this one again."""
        for name in self.fields:
            plain_text(self.data.get(self.add_initial_prefix(name), ""))

    def clean_phone(self) -> str:
        try:
            return callers.normalise(self.cleaned_data["phone"])
        except ValueError as error:
            raise forms.ValidationError(
                _("Write a whole phone number, such as 070-174 06 05.")
            ) from error

    def clean_keywords(self) -> list[str]:
        words = keywords_in(self.cleaned_data["keywords"])
        if len(words) > KEYWORDS or any(len(word) > KEYWORD_LENGTH for word in words):
            raise forms.ValidationError(
                _("At most %(count)d keywords of %(length)d characters each."),
                params={"count": KEYWORDS, "length": KEYWORD_LENGTH},
            )
        return words

    def details(self) -> StaffDetails:
        """What the action takes; after is_valid()."""
        return StaffDetails(**self.cleaned_data)


class SearchForm(PlainText, forms.Form):
    """What the list is asked for; it lives in the page's address, like every list's filter."""

    q = forms.CharField(
        label=_("Name, title, keyword, number or e-mail"), required=False, max_length=200,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off"}),
    )  # fmt: skip
    away = forms.BooleanField(label=_("Away now"), required=False)

    def __init__(self, data: Any) -> None:
        super().__init__(data, label_suffix="")
        self.is_valid()

    @property
    def words(self) -> str:
        return str(self.cleaned_data.get("q", ""))

    @property
    def away_only(self) -> bool:
        return bool(self.cleaned_data.get("away"))

    @property
    def active(self) -> bool:
        """Whether anything is asked for."""
        return bool(self.data.get("q") or self.away_only)

    def page_of(self, people: Sequence[StaffMember], size: int) -> Page[StaffMember]:
        """Return the asked page of these people; what is no page leads to the nearest."""
        return Paginator(people, size).get_page(self.data.get("page", "")[:9])


class ChosenForm:
    """The ticks of a list."""

    @staticmethod
    def ids(values: Sequence[str]) -> set[UUID]:
        """Return those that are ids at all."""
        found = set()
        for value in values:
            try:
                found.add(UUID(value))
            except ValueError:
                continue
        return found


def _facts(person: StaffMember) -> dict[str, Any]:
    facts = {name: getattr(person, name) for name in ("name", "title", "email", "answer_notice")}
    return facts | {"phone": callers.display(person.phone), "keywords": ", ".join(person.keywords)}
