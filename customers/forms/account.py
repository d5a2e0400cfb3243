"""What a person chooses for itself."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from customers.models import User
from smartsvar.plain_text import PlainText


class NameForm(PlainText, forms.Form):
    """What the person is called."""

    name = forms.CharField(
        label=_("Name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )

    def __init__(self, data: Any = None, *, name: str) -> None:
        super().__init__(data, initial={"name": name}, label_suffix="")


class LanguageForm(PlainText, forms.Form):
    """In which language we write to the person."""

    language = forms.ChoiceField(
        label=_("Language of our mail to you"),
        required=False,
        choices=[("", _("As the page I am on")), ("sv", "Svenska"), ("en", "English")],
    )

    def __init__(self, data: Any, *, person: User) -> None:
        super().__init__(data, initial={"language": person.language}, label_suffix="")
