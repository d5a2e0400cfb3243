"""One mail with one message, and what the mail server's answer means."""

import smtplib

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from messages.models import Delivery, PhoneMessage
from smartsvar import callers


class Unsure(Exception):
    """The mail may have been taken: the server fell silent after it had the content."""


class TryAgain(Exception):
    """The mail was not taken; a later attempt may succeed. `args[0]` is a code."""


class GiveUp(Exception):
    """The mail server refuses for good. `args[0]` is a code."""


def send(delivery: Delivery) -> None:
    """Send the delivery's message to its address. Raises Unsure, TryAgain, GiveUp.

    The Message-ID is the delivery's id, so a receiving system can tell a repetition.
    """
    mail = compose(delivery.message, delivery.address)
    mail.extra_headers["Message-ID"] = f"<{delivery.id}@{settings.MAIL_DOMAIN}>"
    connection = get_connection()
    try:
        connection.open()
    except (OSError, smtplib.SMTPException) as error:
        raise TryAgain("no_connection") from error
    try:
        mail.connection = connection
        mail.send()
    except smtplib.SMTPRecipientsRefused as error:
        codes = [code for code, _ in error.recipients.values()]
        _refused(max(codes, default=550), error)
    except smtplib.SMTPResponseException as error:
        _refused(error.smtp_code, error)
    except (TimeoutError, smtplib.SMTPException, OSError) as error:
        raise Unsure("silence") from error
    finally:
        connection.close()


def _refused(code: int, error: Exception) -> None:
    if 500 <= code < 600:
        raise GiveUp(f"smtp_{code}") from error
    raise TryAgain(f"smtp_{code}") from error


def compose(message: PhoneMessage, address: str) -> EmailMultiAlternatives:
    """Write the mail in the customer's language, as text and HTML."""
    with translation.override(message.customer.language):
        facts = {
            "message": message,
            "number": callers.display(message.caller_number),
            "link": settings.PUBLIC_URL
            + reverse("portal:message", args=[message.customer.number, message.id]),
        }
        subject = translation.gettext("Phone message from %(who)s") % {
            "who": message.caller_name or facts["number"] or translation.gettext("withheld number")
        }
        text = render_to_string("phone_messages/mail/message.txt", facts)
        html = render_to_string("phone_messages/mail/message.html", facts)
    mail = EmailMultiAlternatives(
        " ".join(subject.split()), text, settings.DEFAULT_FROM_EMAIL, [address]
    )
    mail.attach_alternative(html, "text/html")
    return mail
