"""A document as a page, or as the file that is asked for."""

import hashlib
from collections.abc import Callable
from typing import Any

from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from privacy.record.document import Document
from privacy.record.writers import WRITERS
from smartsvar.clock import database_now

KEPT_SECONDS = 3600  # a file everybody may ask for; a new release's look is seen after it
Write = Callable[[Document, str], bytes]


def written_now(document: Document, form: str) -> bytes:
    """Return the document as a file."""
    return WRITERS[form][1](document, database_now())


def written_once(document: Document, form: str) -> bytes:
    """Return the file from the shared cache, if one was written of the same text today.

    For public papers alone: the cache is not sealed. A PDF costs the processor as much as some
    fifteen pages, and whoever likes may ask for it. With the cache away it is written anew.
    """
    made_of = f"{form} {database_now():%Y-%m-%d} {document!r}"
    name = f"paper-{hashlib.sha256(made_of.encode()).hexdigest()}"
    found: bytes | None = cache.get(name)
    if found is None:
        found = written_now(document, form)
        cache.set(name, found, timeout=KEPT_SECONDS)
    return found


def answer_with(
    request: HttpRequest,
    document: Document,
    template: str,
    *,
    write: Write = written_now,
    **context: Any,
) -> HttpResponse:
    """Return the page, or with `?form=pdf`, csv or md the file. Raises Http404 for other forms."""
    form = request.GET.get("form", "")
    if not form:
        return render(request, template, {"document": document, "forms": list(WRITERS), **context})
    if form not in WRITERS:
        raise Http404
    kind, _ = WRITERS[form]
    name = f"{document.name}.{document.language}.{form}"
    charset = "" if form == "pdf" else "; charset=utf-8"
    return HttpResponse(
        write(document, form),
        content_type=f"{kind}{charset}",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
