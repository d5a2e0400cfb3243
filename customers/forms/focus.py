"""Whoever is told of a mistake stands in the field where it is, without a script."""

from typing import Any

from django import forms


class FocusingForm(forms.Form):
    """A form that, shown again, opens with the focus in the first field that is wrong."""

    def full_clean(self) -> None:
        super().full_clean()
        wrong: Any = vars(self)["_errors"] or {}  # `errors` would ask for this again
        for name, field in self.fields.items():
            if name in wrong:
                field.widget.attrs["autofocus"] = True
                return
