"""The register kept: a subprocessor with its agreement, an engagement; each leaves a trace."""

from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from smartsvar.audit.actors import Acting
from smartsvar.audit.trail import record
from subprocessors.models import Agreement, Engagement, Subprocessor
from subprocessors.prior_notice import must_be_told, renamed, unannounced

COLUMNS = ("signed_on", "review_on", "ended_at")
SEALED = ("contact_name", "contact_email")


def keep_subprocessor(
    subprocessor: Subprocessor, agreed: dict[str, Any], *, by: Acting, at: datetime
) -> None:
    """Store the company and what is agreed with it.

    agreed: the agreement's columns and contact; `file` as (name, base64) or None for the one there
    is; `audit_on` and `audit_finding` for a new audit. Raises ValidationError for a company that
    customers know under another name (see renamed).
    """
    if faults := renamed(subprocessor, at):
        raise ValidationError(faults)
    known = Subprocessor.objects.filter(pk=subprocessor.pk).exists()
    with transaction.atomic():
        subprocessor.save()
        agreement = Agreement.objects.stored().filter(
            subprocessor=subprocessor
        ).first() or Agreement(subprocessor=subprocessor)
        _fill(agreement, agreed)
        agreement.save()
        verb = "subprocessor.changed" if known else "subprocessor.added"
        record(verb, subprocessor, by=by, customer_id=None, at=at)


def _fill(agreement: Agreement, agreed: dict[str, Any]) -> None:
    for name in (*COLUMNS, *SEALED):
        setattr(agreement, name, agreed[name])
    if agreed["file"]:
        agreement.file_name, agreement.file = agreed["file"]
    day: date | None = agreed["audit_on"]
    if day:
        audit = {"on": day.isoformat(), "finding": agreed["audit_finding"]}
        setattr(agreement, "audits", [*agreement.audits, audit])  # noqa: B010 (sealed: a property)


def keep_engagement(engagement: Engagement, *, by: Acting, at: datetime) -> None:
    """Store an engagement.

    Raises ValidationError for a transfer without a safeguard, and for what customers must be told
    of before (see unannounced).
    """
    known = Engagement.objects.filter(pk=engagement.pk).exists()
    engagement.full_clean()
    if faults := unannounced(engagement, at):
        raise ValidationError(faults)
    engagement.needs_notice = must_be_told(engagement, at)
    with transaction.atomic():
        engagement.save()
        verb = "engagement.changed" if known else "engagement.added"
        record(verb, engagement, by=by, customer_id=None, at=at)
