"""Mail of the tenant's life: invitations; and what the API need not remember any longer."""

from uuid import UUID

from celery import shared_task
from django.conf import settings
from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from customers.actions.idempotency import forget
from customers.models import Invitation


@shared_task(name="customers.send_invitation")
def send_invitation(invitation_id: str) -> None:
    """Mail an invitation's link, once; afterwards only the token's hash remains."""
    invitation = Invitation.objects.live().filter(id=UUID(invitation_id), sent_at=None).first()
    if invitation is None:
        return
    link = settings.PUBLIC_URL + reverse("customers:accept_invitation", args=[invitation.token])
    with translation.override(invitation.customer.language):
        facts = {"link": link, "company": invitation.customer.company_name, "name": invitation.name}
        text = render_to_string("customers/mail/invitation.txt", facts)
        subject = translation.gettext("Your invitation to Mina Sidor")
    send_mail(subject, text, settings.DEFAULT_FROM_EMAIL, [invitation.email])
    invitation.token, invitation.sent_at = "", timezone.now()
    invitation.save()


@shared_task(name="customers.send_waiting_invitations")
def send_waiting_invitations() -> int:
    """Send every invitation that has not gone out: a nudge was lost, or the mail server down."""
    waiting = list(
        Invitation.objects.live().filter(sent_at=None).values_list("id", flat=True)[:100]
    )
    for identity in waiting:
        send_invitation(str(identity))
    return len(waiting)


@shared_task(name="customers.forget_idempotency")
def forget_idempotency() -> int:
    """Remove Idempotency-Keys older than a day."""
    return forget()
