"""One mail with one message."""

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from customers.readers import language_of
from messages.models import Delivery, PhoneMessage
from smartsvar import callers, letters, mail
from smartsvar.unreadable import as_mail_trouble
from smartsvar.vault.errors import Unreadable

ADDRESS = ("address",)


class NoRecipient(mail.GiveUp):
    """Nobody may read it there any more: the address is erased, or the member is not shown it."""


def send(delivery: Delivery) -> None:
    """Send the delivery's message to its address. Raises Unsure, TryAgain, GiveUp (smartsvar.mail).

    A member's sign-in address is read now, and a person's from the register: what was corrected
    since it was queued goes to the right one. Where the person whose address it was is erased, it
    goes to the customer, as what is for nobody in particular does. Raises NoRecipient, a GiveUp,
    where the customer has no address either, and for what was forwarded to somebody who is gone or
    is not shown the message any more: a colleague chose one reader, and the customer's mailbox has
    others.
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
        if not delivery.member.may_see(delivery.message):
            raise NoRecipient("not_shown")
        return delivery.member.user.email
    _correct(delivery)
    forwarded = delivery.cause == Delivery.Cause.FORWARDED
    otherwise = "" if forwarded else delivery.message.customer.email
    address: str = delivery.address or otherwise
    if not address:
        raise NoRecipient("recipient_erased")
    if not delivery.address:
        delivery.address = address
        delivery.save(update_fields=ADDRESS)  # the page says where it went
    return address


def _correct(delivery: Delivery) -> None:
    """Take the address that the register has now; where its row is damaged, the one noted then."""
    if delivery.staff is None:
        return
    try:
        now: str = delivery.staff.email
    except Unreadable:
        return
    if delivery.address != now:
        delivery.address = now
        delivery.save(update_fields=ADDRESS)


def compose(message: PhoneMessage, address: str) -> EmailMultiAlternatives:
    """Write the mail in its reader's language, as text and HTML."""
    number = callers.display(message.caller_number)
    page = reverse("portal:message", args=[message.customer.number, message.id])
    facts = {
        "message": message,
        "number": number,
        "link": settings.PUBLIC_URL + page,
        "who": message.caller_name or number or _("withheld number"),
    }
    return letters.write(
        "phone_messages/mail/message", facts, subject=_("Phone message from %(who)s"),
        to=[address], language=language_of(address, otherwise=message.customer.language),
    )  # fmt: skip
