"""The mails that the sink keeps, for the demo's reader."""

import email
import email.policy
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

from django.utils.html import strip_tags


@dataclass(frozen=True)
class Mail:
    name: str
    """Of its file without the ending: when it came, in nanoseconds, and a random part."""
    message: EmailMessage

    @property
    def subject(self) -> str:
        return str(self.message.get("Subject", ""))

    @property
    def recipients(self) -> str:
        """Of the envelope: where it really went."""
        return ", ".join(self.message.get_all("X-RcptTo", []))

    @property
    def sender(self) -> str:
        return str(self.message.get("From", ""))

    @property
    def received_at(self) -> datetime:
        return datetime.fromtimestamp(int(self.name.partition("-")[0]) / 1e9, UTC)

    @property
    def html(self) -> str:
        """The HTML part; "" of a mail that has none."""
        part = self.message.get_body(("html",))
        return "" if part is None else str(part.get_content())

    @property
    def text(self) -> str:
        """The plain part; of a mail that has none, the HTML without its tags."""
        part = self.message.get_body(("plain", "html"))
        if part is None:
            return ""
        content = str(part.get_content())
        return content if part.get_content_subtype() == "plain" else strip_tags(content)


def mails(folder: Path, *, limit: int) -> list[Mail]:
    """The newest `limit` mails, newest first."""
    newest = sorted(folder.glob("*.eml"), reverse=True)[:limit]
    return [_read(path) for path in newest]


def mail(folder: Path, name: str) -> Mail | None:
    """One mail; None when there is none of that name. `name` is a slug, so it leaves no folder."""
    path = folder / f"{name}.eml"
    return _read(path) if path.is_file() else None


def _read(path: Path) -> Mail:
    raw = path.read_bytes()
    return Mail(path.stem, email.message_from_bytes(raw, policy=email.policy.default))
