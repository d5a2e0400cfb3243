"""A declared period as a sentence, and what a customer has made of it."""

from collections.abc import Iterator

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.models import Customer
from privacy.record.words import field_name, moment
from smartsvar.keep import follow
from smartsvar.personal_data import Keep


def period(model: type[models.Model], keep: Keep) -> str:
    """Return how long, in the reader's language: “3 months after the end; …”."""
    if keep.with_parent:
        parent = model._meta.get_field(keep.with_parent).related_model
        name = parent._meta.verbose_name if isinstance(parent, type) else keep.with_parent
        return _("as long as what it belongs to (%(parent)s)") % {"parent": name}
    return "; ".join([_length(model, keep), *_conditions(model, keep)])


def _length(model: type[models.Model], keep: Keep) -> str:
    words, since = keep.in_words(), moment(model, keep.since)
    if keep.fiscal_years:
        return words
    if not words:
        return _("until %(moment)s") % {"moment": since}
    return _("%(length)s after %(moment)s") % {"length": words, "moment": since}


def _conditions(model: type[models.Model], keep: Keep) -> Iterator[str]:
    if keep.since.endswith("contract_ended_at"):
        yield _("never while the contract runs")
    if keep.capped_by:
        yield _("at the latest counted from: %(moment)s") % {
            "moment": field_name(model, keep.capped_by.rsplit(".", 1)[-1])
        }
    if keep.shortened_by:
        yield _("the customer may choose a shorter time")
    if keep.chosen_by and keep.days:
        days = {"least": keep.least_days, "most": keep.days}
        yield _("we choose between %(least)d and %(most)d days") % days
    if keep.unfinished:
        hours = keep.unfinished_hours
        words = ngettext(
            "what was never completed: %(hours)d hour",
            "what was never completed: %(hours)d hours",
            hours,
        )
        yield words % {"hours": hours}


def own_period(model: type[models.Model], keep: Keep, customer: Customer) -> str:
    """Return the period with the shorter time that this customer has chosen, if it has."""
    path = keep.shortened_by.removeprefix("customer.")
    days = follow(customer, path) if keep.shortened_by else None
    if days is None or days >= keep.most_days():  # chosen when the period was longer
        return period(model, keep)
    words = ngettext("%d day", "%d days", days) % days
    chosen = _("%(length)s after %(moment)s") % {
        "length": words,
        "moment": moment(model, keep.since),
    }
    return _("%(period)s (your choice; at most %(most)s)") % {
        "period": chosen,
        "most": keep.in_words(),
    }
