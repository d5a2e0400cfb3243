"""A version's text as a document.

Empty lines divide paragraphs; a paragraph of one line that begins with "# " is a heading. There is
no other markup: what support writes is text, and is shown as text.
"""

from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from privacy.models import Terms
from privacy.record.document import Document, Section

MARK = "# "


def paper_of(terms: Terms) -> Document:
    """Return the version in the reader's language."""
    told = _("Valid from %(day)s.") % {"day": date_format(terms.valid_from, "j F Y")}
    before, sections = sections_of(terms.text)
    name = f"{terms.kind}-terms-{terms.valid_from:%Y-%m-%d}"
    title, language = str(terms.get_kind_display()), get_language() or "sv"
    return Document(name, language, title, (told, *before), sections)


def sections_of(text: str) -> tuple[tuple[str, ...], tuple[Section, ...]]:
    """Return the paragraphs before the first heading, and the sections."""
    before: list[str] = []
    parts: list[tuple[str, list[str]]] = []
    for paragraph in paragraphs_of(text):
        if is_heading(paragraph):
            parts.append((paragraph.removeprefix(MARK).strip(), []))
        elif parts:
            parts[-1][1].append(paragraph)
        else:
            before.append(paragraph)
    return tuple(before), tuple(Section(heading, text=tuple(rest)) for heading, rest in parts)


def paragraphs_of(text: str) -> list[str]:
    """Return the paragraphs, each on one line; a heading stands alone also without empty lines."""
    found: list[list[str]] = [[]]
    for line in text.splitlines():
        plain = " ".join(line.split())
        if not plain or is_heading(plain):
            found += [[plain], []] if plain else [[]]
        else:
            found[-1].append(plain)
    return [" ".join(lines) for lines in found if lines]


def is_heading(paragraph: str) -> bool:
    return paragraph.startswith(MARK)
