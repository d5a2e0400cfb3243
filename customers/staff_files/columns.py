"""What the columns of an uploaded register mean: guessed from headings, chosen by a person."""

import re
from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from smartsvar import callers

MEANINGS: dict[str, Any] = {
    "name": _("Name"),
    "first_name": _("First name"),
    "last_name": _("Last name"),
    "title": _("Title"),
    "phone": _("Phone"),
    "email": _("E-mail"),
    "keywords": _("Keywords"),
    "answer_notice": _("Answer notice"),
}
# As letters alone, without case. Swedish and English, as people head such lists.
GUESSES: dict[str, str] = {
    "name": "namn name fullname fullständigtnamn heltnamn person anställd medarbetare employee",
    "first_name": "förnamn firstname givenname tilltalsnamn",
    "last_name": "efternamn lastname surname familyname",
    "title": "titel title befattning roll role position jobtitle yrke tjänst",
    "phone": "telefon phone telefonnummer phonenumber tel mobil mobile mobiltelefon mobilnummer"
    " mobilephone direktnummer anknytning nummer number tfn",
    "email": "epost email mejl mail epostadress emailaddress mejladress mailadress",
    "keywords": "sökord keywords nyckelord keyword taggar tags ämnen område ansvarsområde",
    "answer_notice": "svarsbesked answernotice besked notice meddelande hälsning",
}
KNOWN = {word: meaning for meaning, words in GUESSES.items() for word in words.split()}


def guess(headings: Sequence[str]) -> list[str]:
    """Return each column's meaning, "" for what nobody knows or what an earlier column means."""
    found: list[str] = []
    for heading in headings:
        meaning = KNOWN.get(re.sub(r"[\W\d_]+", "", heading).casefold(), "")
        found.append("" if meaning in found else meaning)
    return found


def in_writing(field: str, value: Any) -> str:
    """Return what a field of a person says, as people write it."""
    if field == "phone":
        return callers.display(value)
    if field == "keywords":
        return ", ".join(value)
    return str(value).replace("\r\n", "\n")


def doubled(headings: Sequence[str]) -> list[str]:
    """Return the headings that stand more than once, as the first of them is written."""
    seen: dict[str, str] = {}
    twice: dict[str, str] = {}
    for heading in headings:
        plain = heading.casefold()
        if plain and plain in seen:
            twice[plain] = seen[plain]
        seen.setdefault(plain, heading)
    return list(twice.values())
