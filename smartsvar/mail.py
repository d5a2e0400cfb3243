"""Handing one mail to the mail server, and what the server's answer means."""

import smtplib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from uuid import UUID

import structlog
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import sanitize_address
from django.db import InterfaceError, OperationalError

log = structlog.get_logger(__name__)

NO_CONNECTION = "no_connection"
NO_ROOT = "no_root_key"
NO_DATABASE = "no_database"
UNWRITTEN = {NO_ROOT, NO_DATABASE}  # nothing was tried: this never ends a mail, however long
FOR_ALL = {NO_CONNECTION, *UNWRITTEN}  # what hinders one mail hinders every other now


class Trouble(Exception):
    """A mail that was not certainly taken."""


class Unsure(Trouble):
    """The mail may have been taken: the server fell silent after it had the content."""


class TryAgain(Trouble):
    """The mail was not taken; a later attempt may succeed. `args[0]` is a code."""


class GiveUp(Trouble):
    """The mail will never be taken. `args[0]` is a code."""


WORST_FIRST = (Unsure, TryAgain, GiveUp)  # what may have been taken is not sent again


def send(write: Callable[[], EmailMessage | Sequence[EmailMessage]]) -> None:
    """Send the mail that `write` returns. Raises Unsure, TryAgain, GiveUp.

    Everything that can be wrong with the mail itself is found before a connection is opened.
    Several are one notice to readers of several languages: like one mail to several people, it
    counts as taken when the server took it for some of them.
    """
    _hand_over(_written(write))


def send_each(
    write: Callable[[], Mapping[UUID, EmailMessage]], done: Callable[[UUID], None]
) -> None:
    """Send mails that stand alone, each under its reader's id. Raises TryAgain, GiveUp.

    `done` hears at once of each that is dealt with: taken, refused for good, or perhaps taken.
    TryAgain says that others are left; `write` then leaves out those that are done.
    """
    with _writing():
        mails = write()
    if not mails:
        raise GiveUp("nobody")
    left = ""
    for reader, each in mails.items():
        try:
            with _writing():
                _check(each)
            _hand_over([each])
        except TryAgain as error:
            left = str(error)
            if left in FOR_ALL:
                break
            continue
        except (GiveUp, Unsure) as error:
            log.warning("mail not delivered to one of several", error=str(error))
        done(reader)
    if left:
        raise TryAgain(left)


def _hand_over(mails: Sequence[EmailMessage]) -> None:
    connection = _opened()
    try:
        troubles = [error for each in mails if (error := _trouble(each, connection))]
    finally:
        connection.close()
    if len(troubles) == len(mails):
        raise min(troubles, key=lambda error: WORST_FIRST.index(type(error)))
    if troubles:
        log.warning("mail was taken for some only", count=len(troubles))


def _trouble(mail: EmailMessage, connection: BaseEmailBackend) -> Trouble | None:
    """Hand one mail over; return what hindered it."""
    mail.connection = connection
    try:
        mail.send()
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        return _because(_refused(max(codes, default=550)), error)
    except smtplib.SMTPResponseException as error:
        return _because(_refused(error.smtp_code), error)
    except (smtplib.SMTPException, OSError) as error:
        return _because(Unsure("silence"), error)
    return None


def _because(trouble: Trouble, error: Exception) -> Trouble:
    trouble.__cause__ = error
    return trouble


def _written(
    write: Callable[[], EmailMessage | Sequence[EmailMessage]],
) -> Sequence[EmailMessage]:
    with _writing():
        written = write()
        mails = [written] if isinstance(written, EmailMessage) else written
        for mail in mails:
            _check(mail)
    if not mails:
        raise GiveUp("nobody")
    return mails


@contextmanager
def _writing() -> Iterator[None]:
    """Raise whatever hinders the writing of a mail as what will become of the mail."""
    try:
        yield
    except (GiveUp, TryAgain):
        raise
    except (OperationalError, InterfaceError) as error:  # a database is away, which passes
        raise TryAgain(NO_DATABASE) from error
    except Exception as error:  # whatever it is, it will not be better the next time
        log.exception("mail cannot be written")
        raise GiveUp(type(error).__name__[:40]) from error


def _opened() -> BaseEmailBackend:
    try:
        connection = get_connection()
        connection.open()
    except (OSError, smtplib.SMTPException) as error:
        raise TryAgain(NO_CONNECTION) from error
    except Exception as error:  # our settings are wrong: the mails wait until they are right
        log.exception("mail connection cannot be made")
        raise TryAgain(NO_CONNECTION) from error
    return connection


def _check(mail: EmailMessage) -> None:
    try:
        for address in mail.recipients():
            sanitize_address(address, "utf-8")
    except ValueError as error:  # UnicodeError is one
        raise GiveUp("bad_address") from error
    mail.message().as_bytes()


def _refused(code: int) -> Trouble:
    return GiveUp(f"smtp_{code}") if 500 <= code < 600 else TryAgain(f"smtp_{code}")
