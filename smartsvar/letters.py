"""Writing one mail: as text and as HTML, in one language, from one source.

The HTML part is made from the text part, so it holds the same words and the same links and nothing
else: no pictures, no scripts, nothing that is fetched. Where a mail carries what strangers wrote, a
template of its own (`<name>.html`, within the same frame) says what of it may become a link.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.functional import Promise

FRAME = "parts/letter.html"
BLANK = re.compile(r"\n[ \t]*\n\s*")


@dataclass(frozen=True)
class Line:
    """One line of a mail's text."""

    text: str

    @property
    def is_link(self) -> bool:
        """Whether it is an address of ours and nothing else."""
        return self.text.startswith(f"{settings.PUBLIC_URL}/") and " " not in self.text


def write(
    name: str, facts: Mapping[str, Any], *, subject: str | Promise, to: Sequence[str], language: str
) -> EmailMultiAlternatives:
    """Write the mail of the templates `<name>.txt`, and `<name>.html` where there is one.

    `subject` is read in `language`, with the facts put in.
    """
    with translation.override(language):
        text = render_to_string(f"{name}.txt", dict(facts))
        return letter(str(subject) % facts, text, to=to, html=[f"{name}.html"], facts=facts)


def letter(
    subject: str,
    text: str,
    *,
    to: Sequence[str],
    html: Sequence[str] = (),
    facts: Mapping[str, Any] | None = None,
) -> EmailMultiAlternatives:
    """Return a mail of this text in the language that is active: text first, then HTML.

    Whatever breaks a line in the subject is a space: it can begin no header of its own.
    """
    line, language = " ".join(subject.split()), translation.get_language() or "sv"
    known = {**(facts or {}), "subject": line, "blocks": blocks_of(text), "language": language}
    written = EmailMultiAlternatives(
        line, text, settings.DEFAULT_FROM_EMAIL, list(to), headers={"Content-Language": language}
    )
    written.attach_alternative(render_to_string([*html, FRAME], known), "text/html")
    return written


def blocks_of(text: str) -> list[list[Line]]:
    """Return the paragraphs of a text, each as its lines."""
    paragraphs = BLANK.split(text.strip())
    return [[Line(line.strip()) for line in each.splitlines()] for each in paragraphs]
