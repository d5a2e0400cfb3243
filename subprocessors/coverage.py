"""Whether every purpose that a declaration names is done by somebody known."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django.apps import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from smartsvar.clock import database_now
from subprocessors.models import Agreement, Engagement
from subprocessors.notices import today
from subprocessors.purposes import purposes_in_use


def uncovered(on: date) -> list[str]:
    """Return the purposes in use that neither a subprocessor nor we ourselves do that day."""
    engaged = set(Engagement.objects.current(on).values_list("purpose", flat=True))
    return [each for each in purposes_in_use() if each not in engaged | {*settings.DONE_OURSELVES}]


def unbound(on: date) -> list[str]:
    """Return the current subprocessors without a signed agreement (article 28(4)), by name."""
    bound = Agreement.objects.stored().exclude(signed_on=None)
    current = Engagement.objects.current(on).exclude(subprocessor__in=bound.values("subprocessor"))
    return sorted(set(current.values_list("subprocessor__name", flat=True)))


def unreviewed(on: date) -> list[str]:
    """Return the current subprocessors whose agreement was to be reviewed by now, by name."""
    late = Agreement.objects.stored().filter(review_on__lt=on).values("subprocessor")
    current = Engagement.objects.current(on).filter(subprocessor__in=late)
    return sorted(set(current.values_list("subprocessor__name", flat=True)))


@register(Tags.database, deploy=True)
def check_coverage(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Fail in production while a purpose is done by nobody known: `check --deploy --database …`."""
    if settings.DEMO or "default" not in (databases or ()):
        return []
    told = "names no current subprocessor. Add one in the admin, or name it in DONE_OURSELVES."
    missing = uncovered(today(database_now()))
    return [Error(f"The purpose {each!r} {told}", id="subprocessors.E001") for each in missing]
