"""A mail to several is written in each reader's own language; what fails for some is no failure."""

import smtplib
from collections.abc import Callable
from typing import Any

import pytest
from django.core import mail as outbox
from django.core.mail import EmailMessage

from customers.models import User
from customers.readers import by_language, language_of, write_to
from smartsvar import mail
from smartsvar.letters import letter
from tests import cast

pytestmark = pytest.mark.django_db(databases="__all__")

FACTS = {"number": 1001, "code": "123456", "until": None}


def reads(person: User, language: str) -> str:
    User.objects.filter(pk=person.pk).update(language=language)
    return person.email


def test_who_chose_a_language_reads_it_and_everybody_else_the_companys(anna: cast.House) -> None:
    english = reads(anna.administrator.user, "en")
    silent, stranger = reads(anna.reader.user, ""), "stina@utanfor.example"
    assert by_language([english.upper(), silent, stranger], otherwise="sv") == {
        "en": [english.upper()], "sv": [silent, stranger]
    }  # fmt: skip
    assert language_of(f" {english.upper()} ", otherwise="sv") == "en"
    assert [language_of(each, otherwise="sv") for each in (silent, stranger)] == ["sv", "sv"]


def test_anna_reads_english_björn_swedish_and_both_get_the_same_notice(anna: cast.House) -> None:
    readers = [reads(anna.administrator.user, "en"), reads(anna.reader.user, "sv")]
    kind, subject = "privacy/mail/agreement_code", "x"
    mail.send(lambda: write_to(readers, kind, FACTS, subject=subject, otherwise="sv"))
    english, swedish = outbox.outbox
    assert (english.to, swedish.to) == (readers[:1], readers[1:])
    for sent, words in ((english, "Your code to sign"), (swedish, "Din kod för att")):
        assert words in str(sent.body)
        assert words in str(getattr(sent, "alternatives")[0][0])  # noqa: B009


def test_a_query_is_enough_for_any_number_of_readers(
    anna: cast.House, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1):
        by_language([f"{n}@ankdamm.example" for n in range(50)], otherwise="sv")


def two() -> list[EmailMessage]:
    return [letter("Hej", "Hej!", to=[f"{name}@ny.example"]) for name in ("anna", "bjorn")]


def failing(monkeypatch: pytest.MonkeyPatch, *errors: Exception | None) -> list[Exception | None]:
    """Let each mail fail so, one after the other; return what no mail has met yet."""
    left = list(errors)

    def send(self: EmailMessage) -> int:
        if error := left.pop(0):
            raise error
        return 1

    monkeypatch.setattr(EmailMessage, "send", send)
    return left


LATER, NEVER = smtplib.SMTPDataError(451, b"later"), smtplib.SMTPDataError(550, b"no")


def test_a_notice_that_some_have_got_is_not_sent_again(monkeypatch: pytest.MonkeyPatch) -> None:
    for errors in ((None, LATER), (NEVER, None)):
        left = failing(monkeypatch, *errors)
        mail.send(two)
        assert left == [], "each was tried once"


@pytest.mark.parametrize(
    ("errors", "raised"),
    [
        ((NEVER, LATER), mail.TryAgain),
        ((LATER, OSError()), mail.Unsure),
        ((NEVER, NEVER), mail.GiveUp),
    ],
)
def test_a_notice_that_nobody_has_got_fails_as_what_may_still_become_of_it(
    errors: tuple[Exception, Exception], raised: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, *errors)
    with pytest.raises(raised):
        mail.send(two)


@pytest.mark.parametrize("write", [list, lambda: [EmailMessage("a\nb", "x", to=["a@b.se"])]])
def test_what_cannot_be_written_is_given_up(write: Callable[[], list[EmailMessage]]) -> None:
    with pytest.raises(mail.GiveUp):
        mail.send(write)


@pytest.mark.parametrize("evil", ["a\r\nBcc: alla@x.se", "a\u2028b", "a\x1db", "  a\n"])
def test_a_subject_is_one_line_whatever_is_in_it(evil: str) -> None:
    written = letter(evil, "Hej!", to=["a@b.se"])
    assert len(written.subject.splitlines()) == 1
    assert "Bcc" not in written.message()


def test_text_that_looks_like_markup_or_like_a_foreign_link_is_text(settings: Any) -> None:
    ours = f"{settings.PUBLIC_URL}/konto/"
    text = (
        f"<b>Hej</b>\n{ours}\nhttps://evil.example/\n{settings.PUBLIC_URL}.evil.example/\n{ours} x"
    )
    html = str(letter("<i>x</i>", text, to=["a@b.se"]).alternatives[0][0])
    assert html.count("<a ") == 1
    assert f'<a href="{ours}">{ours}</a>' in html
    assert "&lt;b&gt;Hej" in html
    assert "&lt;i&gt;x" in html
