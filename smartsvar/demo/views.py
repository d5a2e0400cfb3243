from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from smartsvar.demo.design import samples
from smartsvar.demo.environment import MAIL
from smartsvar.demo.mail import mail, mails

LATEST = 100
# What a mail program would do with it at most: its own styles, nothing fetched, nothing run.
AS_MAIL = "sandbox; default-src 'none'; style-src 'unsafe-inline'"


@require_safe
def design(request: HttpRequest) -> HttpResponse:
    """Every component on one page, for whoever builds pages."""
    return render(request, "demo/design.html", samples(timezone.now()))


@require_safe
def mail_list(request: HttpRequest) -> HttpResponse:
    latest = mails(MAIL, limit=LATEST)
    return render(request, "demo/mail_list.html", {"mails": latest, "limit": LATEST})


@require_safe
def mail_detail(request: HttpRequest, name: str) -> HttpResponse:
    found = mail(MAIL, name)
    if found is None:
        raise Http404
    return render(request, "demo/mail_detail.html", {"mail": found})


@require_safe
def mail_html(request: HttpRequest, name: str) -> HttpResponse:
    """The mail's HTML as it was sent."""
    found = mail(MAIL, name)
    if found is None or not found.html:
        raise Http404
    return HttpResponse(found.html, headers={"Content-Security-Policy": AS_MAIL})
