"""The rule of every form: text that can be shown, and refusals in our words."""

import pytest
from django import forms

from smartsvar import plain_text
from smartsvar.plain_text import CHOOSE, PlainText, can_be_shown


class Shop(PlainText, forms.Form):
    colour = forms.ChoiceField(choices=[("red", "Red")])
    name = forms.CharField()


def test_what_cannot_be_shown_is_refused_and_not_repeated() -> None:
    form = Shop({"colour": "\u202eder", "name": "Anna\u202e"})
    assert form.errors["colour"] == [CHOOSE]
    assert "\u202e" not in str(form.errors)
    assert set(form.errors) == {"colour", "name"}


@pytest.mark.parametrize("colour", ["red", "blue"])
def test_a_form_may_be_cleaned_row_after_row(colour: str) -> None:
    """As the import of a register does: the rule is laid on once."""
    form = Shop({"colour": colour, "name": "Anna"})
    for _ in range(2000):
        form.full_clean()
    assert form.is_valid() == (colour == "red")


def test_a_megabyte_of_one_letter_is_looked_at_as_one_letter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def category(sign: str) -> str:
        asked.append(sign)
        return "Ll"

    monkeypatch.setattr(plain_text, "category", category)
    assert can_be_shown("a" * 1_000_000 + "\r\n")
    assert sorted(asked) == ["\n", "a"]
