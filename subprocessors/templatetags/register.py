"""How engagements are written for people."""

from django import template

from smartsvar.declared_words import purpose_name

register = template.Library()


@register.filter
def engaged_for(purpose: str) -> str:
    """What a subprocessor is engaged for, in the reader's language."""
    return purpose_name(purpose)
