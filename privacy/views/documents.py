"""A document as a page, or as the file that is asked for."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from privacy.record.document import Document
from privacy.record.writers import WRITERS
from smartsvar.clock import database_now


def answer_with(
    request: HttpRequest, document: Document, template: str, **context: Any
) -> HttpResponse:
    """Return the page, or with `?form=pdf`, csv or md the file. Raises Http404 for other forms."""
    form = request.GET.get("form", "")
    if not form:
        return render(request, template, {"document": document, "forms": list(WRITERS), **context})
    if form not in WRITERS:
        raise Http404
    kind, write = WRITERS[form]
    name = f"{document.name}.{document.language}.{form}"
    charset = "" if form == "pdf" else "; charset=utf-8"
    return HttpResponse(
        write(document, database_now()),
        content_type=f"{kind}{charset}",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
