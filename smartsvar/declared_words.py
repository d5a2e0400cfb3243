"""What the declarations' kinds of data and subprocessors' purposes are called for people."""

from typing import Any

from django.utils.translation import gettext_lazy

from smartsvar.personal_data import Category

CATEGORIES: dict[Category, Any] = {
    Category.IDENTIFICATION: gettext_lazy("identification"),
    Category.CONTACT: gettext_lazy("contact details"),
    Category.HISTORY: gettext_lazy("history (sign-ins, changes, requests)"),
    Category.CALL_AUDIO: gettext_lazy("recorded calls"),
    Category.MESSAGE: gettext_lazy("phone messages"),
    Category.STAFF: gettext_lazy("staff register"),
}
# What subprocessors are engaged for, by the words of the declarations.
PURPOSES: dict[str, Any] = {
    "hosting": gettext_lazy("running servers and databases"),
    "storage": gettext_lazy("storing sealed audio"),
    "mail": gettext_lazy("sending mail"),
}


def purpose_name(purpose: str) -> str:
    """Return what a subprocessor is engaged for."""
    return str(PURPOSES.get(purpose, purpose))
