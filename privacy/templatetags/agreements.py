"""Whether an administrator has an agreement to sign, for the pages that say so."""

from django import template

from customers.models import Member
from privacy.waiting import waiting_for
from smartsvar.clock import database_now

register = template.Library()


@register.simple_tag
def agreement_to_sign(member: Member) -> str:
    """Return "first", "new" (another version than the one signed), or "" for nothing to sign."""
    if not member.is_administrator:
        return ""
    return waiting_for(member.customer, database_now()).agreement
