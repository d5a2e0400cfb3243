"""One mail with one message."""

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from messages.models import Delivery, PhoneMessage
from smartsvar import callers, mail
from smartsvar.unreadable import as_mail_trouble

ADDRESS = ("address",)


class NoRecipient(mail.GiveUp):
    """There is no address any more: the person's is erased, and the customer has none."""


def send(delivery: Delivery) -> None:
    """Send the delivery's message to its address. Raises Unsure, TryAgain, GiveUp (smartsvar.mail).

    A member's sign-in address is read now. Where the person whose address it was is erased, or the
    member is gone, it goes to the customer, as what is for nobody
    in particular does. Raises NoRecipient, a GiveUp, where the customer has no address either.
    The Message-ID is the delivery's id, so a receiving system can tell a repetition.
    """
    mail.send(lambda: _mail_of(delivery))


def _mail_of(delivery: Delivery) -> EmailMultiAlternatives:
    with as_mail_trouble():
        written = compose(delivery.message, _address_of(delivery))
        written.extra_headers["Message-ID"] = f"<{delivery.id}@{settings.MAIL_DOMAIN}>"
        return written


def _address_of(delivery: Delivery) -> str:
    if delivery.member is not None:
        return delivery.member.user.email
    address: str = delivery.address or delivery.message.customer.email
    if not address:
        raise NoRecipient("recipient_erased")
    if not delivery.address:
        delivery.address = address
        delivery.save(update_fields=ADDRESS)  # the page says where it went
    return address


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
    written = EmailMultiAlternatives(
        " ".join(subject.split()), text, settings.DEFAULT_FROM_EMAIL, [address]
    )
    written.attach_alternative(html, "text/html")
    return written
