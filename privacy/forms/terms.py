"""Support's form of a version of terms."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from privacy.models import Terms
from smartsvar.plain_text import PlainText

LONGEST = 100_000  # characters: a long contract has about half as many
HELP = _("An empty line begins a new paragraph; a line that begins with “# ” is a heading.")


def _text(label: Any) -> forms.CharField:
    area = forms.Textarea(attrs={"rows": 24, "class": "vLargeTextField"})
    return forms.CharField(label=label, max_length=LONGEST, help_text=HELP, widget=area)


class TermsForm(PlainText, forms.ModelForm):  # type: ignore[type-arg]
    """Kind, day and both texts."""

    text_sv = _text(_("Text in Swedish"))
    text_en = _text(_("Text in English"))

    class Meta:
        model = Terms
        fields = ("kind", "valid_from", "text_sv", "text_en")
