"""The mail that the tests' SMTP server has taken."""

import os
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path


def mails_to(address: str) -> list[EmailMessage]:
    """Return the mails that arrived for this address, oldest first."""
    found = []
    for path in sorted(Path(os.environ["TEST_SMTP_DIR"]).glob("*.eml")):
        mail = message_from_bytes(path.read_bytes(), policy=policy.default)
        if address in mail.get_all("X-RcptTo", []):
            found.append(mail)
    return found
