"""Whoever is told of a mistake stands in the field where it is, without a script."""

from typing import Any

from django import forms

from smartsvar.plain_text import PlainText


def focus_on_mistake(form: forms.BaseForm, wrong: Any) -> bool:
    """Give the focus to the first field that is wrong; tell whether there is one to see."""
    for name, field in form.fields.items():
        if name in wrong and not field.widget.is_hidden:
            field.widget.attrs["autofocus"] = True
            return True
    return False


class FocusingForm(PlainText, forms.Form):
    """For templates that set the fields out themselves; `{% fields %}` does the same for any."""

    def full_clean(self) -> None:
        super().full_clean()
        focus_on_mistake(self, vars(self)["_errors"] or {})  # `errors` would ask for this again
