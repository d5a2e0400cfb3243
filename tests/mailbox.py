"""The mail that the tests' SMTP server has taken; whoever reads one has its form checked."""

import os
import re
from email import message_from_bytes, policy
from email.message import EmailMessage
from html.parser import HTMLParser
from pathlib import Path

from django.conf import settings

FETCHING = {
    "audio", "base", "embed", "form", "frame", "iframe", "img", "input", "link", "object",
    "picture", "script", "source", "svg", "video",
}  # fmt: skip
HARMLESS = {"class", "content", "charset", "dir", "href", "lang", "name"}


class Markup(HTMLParser):
    """What a mail's HTML holds: its tags, its attributes, its links, its language and its words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: set[str] = set()
        self.languages: set[str] = set()
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _value in attrs}
        self.links |= {str(value) for name, value in attrs if name == "href"}
        self.languages |= {str(value) for name, value in attrs if name == "lang"}

    def handle_data(self, data: str) -> None:
        self.words += data


def mails_to(address: str) -> list[EmailMessage]:
    """Return the mails that arrived for this address, oldest first, each in the house's form."""
    found = []
    for path in sorted(Path(os.environ["TEST_SMTP_DIR"]).glob("*.eml")):
        mail = message_from_bytes(path.read_bytes(), policy=policy.default)
        if address in mail.get_all("X-RcptTo", []):
            check_form(mail)
            found.append(mail)
    return found


def text_of(mail: EmailMessage) -> str:
    return _part(mail, "plain")


def html_of(mail: EmailMessage) -> str:
    return _part(mail, "html")


def check_form(mail: EmailMessage) -> None:
    """Assert that the mail is text and HTML, both with our links, and fetches nothing."""
    kinds = [part.get_content_type() for part in mail.iter_parts()]
    assert (mail.get_content_type(), kinds) == (
        "multipart/alternative", ["text/plain", "text/html"]
    )  # fmt: skip
    assert len(str(mail["Subject"]).strip().splitlines()) == 1
    markup = Markup(html_of(mail))
    assert markup.languages == {mail["Content-Language"]}
    assert markup.languages <= {"sv", "en"}
    assert not markup.tags & FETCHING
    assert markup.attributes <= HARMLESS
    assert not re.search(r"url\(|@import|http-equiv", html_of(mail), re.IGNORECASE)
    web = {link for link in markup.links if not link.startswith(("tel:", "mailto:"))}
    assert web == ours_in(text_of(mail))
    assert all(link in markup.words for link in web), "a link shows where it leads"


def ours_in(text: str) -> set[str]:
    """Return the addresses of ours that a text names."""
    return set(re.findall(re.escape(settings.PUBLIC_URL) + r"/\S*", text))


def _part(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())
