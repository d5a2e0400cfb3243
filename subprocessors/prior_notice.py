"""Nothing new touches customers' data before they were told and could object (article 28(2)).

The register of a new installation is filled in one go: while there is no customer to tell, and
else on the day of its first engagement until the first notice, it takes what runs already. From
then on an engagement begins after its notice. A move (another company, purpose or country) is a
new engagement with its own notice: what customers were told of stands as it was told.
"""

from datetime import UTC, date, datetime
from typing import Any

from django.utils.translation import gettext as _

from customers.models import Customer
from subprocessors.models import Engagement, Notice, Subprocessor
from subprocessors.notices import earliest_day, today

TOLD_OF = ("subprocessor_id", "purpose", "country", "safeguard")
NAMED = ("name", "country", "number")


def being_filled(at: datetime) -> bool:
    """Whether the register is still being filled with what runs already."""
    if not Customer.objects.timely(at).exists():
        return True
    first = Engagement.objects.order_by("id").first()
    return not Notice.objects.exists() and (first is None or _entered(first) == today(at))


def must_be_told(engagement: Engagement, at: datetime) -> bool:
    """Whether this engagement, as it is to be stored, waits for a notice before it begins."""
    before = Engagement.objects.filter(id=engagement.id).first()
    if before is not None and not _moved(before, engagement, at):
        return before.needs_notice
    if not Customer.objects.timely(at).exists():
        return False
    return not being_filled(at) or engagement.starts_on > today(at)


def unannounced(engagement: Engagement, at: datetime) -> dict[str, Any]:
    """Return what is wrong with storing it without telling customers first, by field."""
    if _goes_on(engagement):
        return {"ends_on": _("Customers know that it ends. Add a new engagement and announce it.")}
    if not must_be_told(engagement, at):
        return {}
    before = Engagement.objects.filter(id=engagement.id).first()
    notices = Notice.objects.beginning().filter(engagement_id=engagement.id)
    notice = notices.order_by("takes_effect_on").first()
    if before is not None and (notice or not before.needs_notice):
        if any(getattr(before, name) != getattr(engagement, name) for name in _fixed(before, at)):
            told = _("Customers know it as it was. Add a new engagement, announce it, end this.")
            return {"country": told}
        if _reopened(before, engagement, at):
            return {"ends_on": _("It has ended. Add a new engagement and announce it.")}
    day = notice.takes_effect_on if notice else earliest_day(at)
    if engagement.starts_on >= day:
        return {}
    told = _("Customers are told first: %(day)s is the earliest. Announce it under Notices.")
    return {"starts_on": told % {"day": day}}


def renamed(company: Subprocessor, at: datetime) -> dict[str, Any]:
    """Return what is wrong with storing the company under another name or country, by field.

    Another company is a new entry with an engagement and a notice of its own. What nobody has been
    told of yet can be put right, and an organisation number that was missing be filled in.
    """
    before = Subprocessor.objects.filter(id=company.id).first()
    if before is None or being_filled(at):
        return {}
    mine, day = Engagement.objects.filter(subprocessor=before), today(at)
    if not (mine.current(day).exists() or mine.announced(day).exists()):
        return {}
    told = _("Customers know the company as it was. Add the new one, announce it, and end this.")
    return {
        name: told
        for name in NAMED
        if getattr(before, name) and getattr(before, name) != getattr(company, name)
    }


def _goes_on(after: Engagement) -> bool:
    """Whether it would run longer than until the day that customers have been told it ends."""
    before = Engagement.objects.filter(id=after.id).first()
    if before is None or before.ends_on is None or before.ends_on == after.ends_on:
        return False
    ends = Notice.objects.filter(engagement=before, kind=Notice.Kind.END)
    last = ends.order_by("-takes_effect_on").first()
    return last is not None and (after.ends_on is None or after.ends_on > last.takes_effect_on)


def _fixed(known: Engagement, at: datetime) -> tuple[str, ...]:
    """Return what no longer changes of an engagement that customers know."""
    return (*TOLD_OF, "starts_on") if known.starts_on <= today(at) else TOLD_OF


def _moved(before: Engagement, after: Engagement, at: datetime) -> bool:
    """Whether it is done elsewhere, by somebody else, at another time or again."""
    columns = (*TOLD_OF, "starts_on")
    moved = any(getattr(before, name) != getattr(after, name) for name in columns)
    return moved or _reopened(before, after, at)


def _reopened(before: Engagement, after: Engagement, at: datetime) -> bool:
    ended = before.ends_on is not None and before.ends_on <= today(at)
    return ended and before.ends_on != after.ends_on


def _entered(engagement: Engagement) -> date:
    """Return the day on which it was entered: its id holds the time in milliseconds (UUIDv7)."""
    return today(datetime.fromtimestamp((engagement.id.int >> 80) / 1000, tz=UTC))
