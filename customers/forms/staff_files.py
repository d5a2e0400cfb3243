"""The forms of an import: the file, then what its columns mean and whom its rows are."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from customers.forms.focus import FocusingForm
from customers.staff_files.columns import MEANINGS, guess
from customers.staff_files.reading import MOST_BYTES, BadFile, Sheet, read_sheet
from smartsvar.plain_text import PlainText

SAMPLES = 3
HEADING = 60  # characters of a heading that are shown


class UploadForm(PlainText, forms.Form):
    """A CSV file or a workbook; what it is, its content decides."""

    file = forms.FileField(
        label=_("File"), allow_empty_file=True,
        help_text=_(
            "Excel (.xlsx) or CSV, with headings in the first row. At most 5 MB and 5,000 people."
        ),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.xlsx"}),
    )  # fmt: skip

    def __init__(self, data: Any = None, files: Any = None, *, too_big: bool = False) -> None:
        super().__init__(data, files, label_suffix="")
        if too_big:  # the upload handler has not kept it
            message = _("The file is too big: at most %(size)d MB.") % {"size": MOST_BYTES >> 20}
            self.fields["file"].error_messages["required"] = message

    def clean_file(self) -> Sheet:
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > MOST_BYTES:
            message = _("The file is too big: at most %(size)d MB.") % {"size": MOST_BYTES >> 20}
            raise forms.ValidationError(message)
        try:
            return read_sheet(file.read())
        except BadFile as error:
            raise forms.ValidationError(str(error)) from error


class MappingForm(FocusingForm):
    """What each column means, whom a row is, and whether whom no row names is removed."""

    match_by = forms.ChoiceField(
        label=_("A row is the person on the register with the same"),
        choices=[("email", _("E-mail")), ("name", _("Name"))],
    )
    removes = forms.BooleanField(
        label=_("Remove everybody from the register whom the file does not name"), required=False
    )

    def __init__(self, data: Any = None, *, table: Sequence[Sequence[str]]) -> None:
        self.guessed = guess(table[0])
        initial = {f"column{place}": meaning for place, meaning in enumerate(self.guessed)}
        initial["match_by"] = "email" if "email" in self.guessed else "name"
        self.data_or_guess = data if data is not None else initial
        super().__init__(self.data_or_guess, initial=initial, label_suffix="")
        choices = [("", _("– not used –")), *MEANINGS.items()]
        own = {
            f"column{place}": forms.ChoiceField(
                label=heading[:HEADING] or _("Column %(number)d") % {"number": place + 1},
                choices=choices, required=False,
                help_text=_samples(table, place),
            )
            for place, heading in enumerate(table[0])
        }  # fmt: skip
        self.fields = own | self.fields

    @property
    def meanings(self) -> list[str]:
        """Each column's meaning; after is_valid()."""
        return [self.cleaned_data.get(f"column{place}", "") for place in range(len(self.guessed))]

    @property
    def mapping(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith("column")]

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        used = [meaning for meaning in self.meanings if meaning]
        for meaning in dict.fromkeys(used):
            if used.count(meaning) > 1:
                twice = _("Two columns mean the same: %(meaning)s.")
                self.add_error(None, twice % {"meaning": MEANINGS[meaning]})
        if not {"name", "first_name", "last_name"} & set(used):
            self.add_error(
                None, _("Say which column is the name. The first row must hold the headings.")
            )
        if {"name", "first_name"} <= set(used) or {"name", "last_name"} <= set(used):
            self.add_error(None, _("Use either the whole name or first and last name."))
        if found.get("match_by") == "email" and "email" not in used:
            self.add_error("match_by", _("No column is the e-mail address."))
        return found


def _samples(table: Sequence[Sequence[str]], place: int) -> str:
    """Return the first few texts of a column, for recognising it; escaped where they are shown."""
    texts = [row[place] for row in table[1:] if row[place]]
    return " · ".join(text[:HEADING] for text in texts[:SAMPLES])
