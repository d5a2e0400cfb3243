"""What people write in a form is text that can be shown: a rule of every form there is."""

from collections.abc import Callable
from typing import Any
from unicodedata import category

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

# Embeddings, overrides and isolates (Unicode, annex 9): with them a text shows as another than it
# is, and so does what stands beside it.
OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
# What a bad encoding left, and what stands for nothing: no workbook may hold the last two.
BROKEN = frozenset("\ufffd\ufffe\uffff")
BREAKS = frozenset("\n\t")
HIDDEN = frozenset({"Cc", "Cs", "Zl", "Zp"})
CHOOSE = _("Choose one of what the list has.")
CHOICES = ("invalid_choice", "invalid_list", "invalid_pk_value")


def can_be_shown(text: str) -> bool:
    """Whether it holds what people write on purpose: no control character, override, debris.

    Nor a line's end in disguise (Zl, Zp, a carriage return alone): a file would not give it back.
    """
    return not any(
        sign in OVERRIDES | BROKEN or (category(sign) in HIDDEN and sign not in BREAKS)
        for sign in set(text.replace("\r\n", "\n"))  # a megabyte has few kinds of them
    )


def plain_text(text: str) -> None:
    """Refuse what cannot be shown. Raises ValidationError."""
    if not can_be_shown(str(text)):  # a field of ids has an id here
        raise ValidationError(_("There are characters in it that cannot be shown."))


class PlainText(forms.BaseForm):
    """Mixed into a form: no text in it holds what cannot be shown, and no message repeats it.

    Passwords may hold anything: they are never shown.
    """

    def full_clean(self) -> None:
        for field in self.fields.values():
            if isinstance(field, forms.ChoiceField):
                if field.error_messages["invalid_choice"] is CHOOSE:
                    continue  # a form may be cleaned more than once
                field.error_messages |= dict.fromkeys(CHOICES, CHOOSE)  # Django's say the value
                field.to_python = _chosen_by(field.to_python)  # type: ignore[assignment, method-assign]
            elif _is_shown(field) and plain_text not in field.validators:
                field.validators.append(plain_text)
        super().full_clean()


def _chosen_by(to_python: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Return the same, with our words for what is no id at all: the model's say the value."""

    def chosen(value: Any) -> Any:
        try:
            return to_python(value)
        except ValidationError as error:
            raise ValidationError(CHOOSE, code="invalid_choice") from error

    return chosen


def _is_shown(field: forms.Field) -> bool:
    return isinstance(field, forms.CharField) and not isinstance(field.widget, forms.PasswordInput)
