"""What support may listen to now, for the pages that say so."""

from django import template

from customers.models import Member
from recordings.models import ListeningGrant, Recording

register = template.Library()


@register.simple_tag
def live_grants(member: Member) -> list[ListeningGrant]:
    """The customer's permissions that are in force, for an administrator; none for others."""
    if not member.is_administrator:
        return []
    mine = ListeningGrant.objects.filter(customer=member.customer_id).in_force()
    return list(mine.defer("sealed").order_by("ends_at", "id"))


@register.simple_tag
def listened_by_support(recording: Recording) -> ListeningGrant | None:
    """The permission by which support may play this call now; None while it may not."""
    found: ListeningGrant | None = (
        ListeningGrant.objects.in_force().over(recording).defer("sealed").order_by("-ends_at")
    ).first()
    return found
