"""Every mail of the house: text and HTML, written in one place, in a language of the reader's."""

import re
from pathlib import Path

import allauth
import pytest

from smartsvar import letters
from smartsvar.settings import BASE_DIR
from tests.conformance.test_wiring import SOURCES

TEMPLATES = BASE_DIR / "templates"
KINDS = sorted(
    path.relative_to(TEMPLATES).with_suffix("").as_posix()
    for path in TEMPLATES.glob("*/mail/*.txt")
)
THEIRS = Path(allauth.__file__).parent / "templates"
FRAMES = {"account/email/base"}
OFF = {  # what allauth would send with settings that are not ours
    "account/email/account_already_exists",  # sign-up is closed
    "account/email/unknown_account",  # who has no sign-in is not written to
    "account/email/email_confirmation_signup",
    "account/email/login_code",
    "account/email/password_reset_code",
}


def code() -> dict[str, str]:
    return {
        path.relative_to(BASE_DIR).as_posix(): path.read_text(encoding="utf-8") for path in SOURCES
    }


@pytest.mark.parametrize("kind", KINDS)
def test_every_template_of_a_mail_is_written_as_text_and_html(kind: str) -> None:
    users = [text for text in code().values() if f'"{kind}"' in text]
    assert len(users) == 1
    assert re.search(
        rf"(?:letters\.write|write_to|write_each)\((?:[^()]|\([^()]*\))*?\"{kind}\"", users[0]
    )


def test_no_mail_is_written_anywhere_else() -> None:
    makers = r"\b(?:EmailMessage|EmailMultiAlternatives|send_mail|send_mass_mail|mail_admins)\("
    found = {
        path
        for path, text in code().items()
        if re.search(makers, re.sub(r"def send_mail\(|\.send_mail\(", "", text))
    }
    assert found == {"smartsvar/letters.py"}


def test_there_are_words_of_ours_for_every_mail_that_allauth_may_send() -> None:
    sent = {
        path.relative_to(THEIRS).as_posix().removesuffix("_message.txt")
        for path in THEIRS.glob("*/email/*_message.txt")
    } - FRAMES
    ours = {kind for kind in sent if (TEMPLATES / f"{kind}_message.txt").exists()}
    assert len(sent) > len(OFF)
    assert sent - ours == OFF
    assert all((TEMPLATES / f"{kind}_subject.txt").exists() for kind in ours)


def test_the_frame_fetches_nothing_and_runs_nothing() -> None:
    frame = (TEMPLATES / letters.FRAME).read_text(encoding="utf-8")
    assert not re.search(r"https?:|url\(|@import|<(?:script|img|link|iframe|form)\b| on\w+=", frame)
