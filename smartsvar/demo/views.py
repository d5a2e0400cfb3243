from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from smartsvar.demo.design import samples
from smartsvar.demo.environment import MAIL
from smartsvar.demo.mail import mail, mails

LATEST = 100


@require_safe
def design(request: HttpRequest) -> HttpResponse:
    """Every component on one page, for whoever builds pages."""
    return render(request, "demo/design.html", samples())


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
