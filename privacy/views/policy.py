"""The public policy, as it stands and as it has stood."""

from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.http import require_safe

from privacy.models import PolicyVersion
from privacy.record.papers import policy as written_policy
from privacy.record.versions import (
    as_content,
    as_document,
    changes,
    digest_of,
    last_version,
)
from privacy.views.documents import answer_with, written_once
from smartsvar.clock import database_now
from subprocessors.notices import today

SHOWN = 200  # versions on the list: at one a week, four years


@require_safe
def policy(request: HttpRequest) -> HttpResponse:
    document = written_policy(today(database_now()))
    digest, version = digest_of(as_content(document)), last_version(get_language() or "sv")
    if version is not None and version.digest != digest:
        version = None  # it changed since the last time it was kept: the date is not known yet
    context = {"digest": digest[:12], "version": version}
    return answer_with(request, document, "privacy/policy.html", write=written_once, **context)


@require_safe
def versions(request: HttpRequest) -> HttpResponse:
    """Every version in the reader's language, newest first."""
    rows = PolicyVersion.objects.filter(language=get_language() or "sv").newest_first()
    context = {"versions": rows.defer("content")[:SHOWN]}
    return render(request, "privacy/policy_versions.html", context)


@require_safe
def version(request: HttpRequest, version_id: UUID) -> HttpResponse:
    """One version as it stood, and what changed since the one before."""
    kept = PolicyVersion.objects.filter(id=version_id).first()
    if kept is None:
        raise Http404
    same = PolicyVersion.objects.filter(language=kept.language)
    before, document = same.before(kept.seen_at).first(), as_document(kept.content)
    context: dict[str, Any] = {"version": kept, "before": before}
    if before is not None:
        context["changes"] = changes(as_document(before.content), document)
    return answer_with(
        request, document, "privacy/policy_version.html", write=written_once, **context
    )
