"""Confirm an erasure by typing what it is about; say whom by number or e-mail."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Target
from privacy.erasures.preview import Preview
from privacy.forms.exports import written_address
from privacy.models import Mentions
from smartsvar.plain_text import PlainText


class CallerForm(PlainText, forms.Form):
    """Whom: a caller's number or e-mail address. Sent in the body, so that no address names it."""

    caller = forms.CharField(
        label=gettext_lazy("Number or e-mail"), max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, label_suffix="")

    def clean_caller(self) -> str:
        return written_address(self.cleaned_data["caller"])


class ConfirmForm(PlainText, forms.Form):
    """The typed confirmation; for a whole account also the time to think it over."""

    confirm = forms.CharField(
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    mentions = forms.ChoiceField(
        label=gettext_lazy("Records about others that name the person"),
        choices=Mentions.choices, initial=Mentions.STAY, widget=forms.RadioSelect,
    )  # fmt: skip
    grace_days = forms.IntegerField(
        min_value=0, widget=forms.NumberInput(attrs={"inputmode": "numeric"})
    )

    def __init__(self, data: Any, *, target: str, shown: str, found: Preview) -> None:
        super().__init__(data, label_suffix="", initial={"grace_days": settings.ERASURE_GRACE_DAYS})
        self.shown = shown
        self.fields["confirm"].label = _("Type %(shown)s to confirm") % {"shown": shown}
        if not found.asks:
            del self.fields["mentions"]
        if target != Target.CUSTOMER:
            del self.fields["grace_days"]
            return
        most: int = settings.ERASURE_GRACE_DAYS
        grace = self.fields["grace_days"]
        grace.label = _("Days before it begins")
        grace.help_text = _("0 to %(most)d. Until then you can take it back.") % {"most": most}
        grace.validators.append(_at_most(most))

    def clean_confirm(self) -> str:
        typed: str = self.cleaned_data["confirm"]
        if not same_text(typed, self.shown):
            raise ValidationError(_("Type exactly %(shown)s, or go back.") % {"shown": self.shown})
        return typed

    def choices(self) -> dict[str, Any]:
        """Return what the action takes; after is_valid()."""
        answers = self.cleaned_data
        return {
            "mentions": Mentions(answers.get("mentions") or Mentions.STAY),
            "grace_days": answers.get("grace_days") or 0,
        }


def same_text(typed: str, shown: str) -> bool:
    """Tell whether somebody typed what was shown; capitals and spaces, in numbers too, are free."""
    return "".join(typed.split()).casefold() == "".join(shown.split()).casefold()


def _at_most(most: int) -> Any:
    def check(value: int) -> None:
        if value > most:
            raise ValidationError(_("At most %(most)d days.") % {"most": most})

    return check
