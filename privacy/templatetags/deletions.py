"""Why something was deleted, in words."""

from typing import Any

from django import template
from django.apps import apps
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from smartsvar.shredding.models import ShredJob

register = template.Library()

REASONS: dict[str, Any] = {
    ShredJob.Reason.RETENTION: gettext_lazy("their time was up"),
    ShredJob.Reason.REQUEST: gettext_lazy("on request"),
    ShredJob.Reason.ABANDONED: gettext_lazy("never completely received"),
}


@register.filter
def reason_words(reason: str) -> str:
    """Return the reason for a deletion in the reader's language."""
    return str(REASONS.get(reason) or _("deleted"))


@register.filter
def model_name(label: str, count: int) -> str:
    """Return a model's name in the reader's language; the label of one that is no more."""
    try:
        meta = apps.get_model(label)._meta
    except LookupError:
        return label
    return str(meta.verbose_name if count == 1 else meta.verbose_name_plural)
