"""The contact form: for everybody, with the same answer for all."""

from typing import Any

from allauth.core.ratelimit import consume
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from customers.actions.enquiries import receive_enquiry
from customers.forms.enquiry import EnquiryForm
from smartsvar.clock import database_now


@require_http_methods(["GET", "HEAD", "POST"])
def contact(request: HttpRequest) -> HttpResponse:
    """Show the form, or take in what was written. A trapped program gets the same answer."""
    form, status = EnquiryForm(request.POST or None), 200
    if request.method == "POST" and form.is_valid():
        # Counted like sign-ins: per address behind the proxies, in the shared cache.
        if consume(request, action="enquiry"):
            if not form.trapped:
                receive_enquiry(form.facts(), at=database_now())
            return redirect("customers:contact_thanks")
        status = 429
        form.add_error(None, _("Too many have been sent from where you are. Try again in an hour."))
    context: dict[str, Any] = {"form": form}
    return render(request, "customers/contact.html", context, status=status)


@require_safe
def contact_thanks(request: HttpRequest) -> HttpResponse:
    return render(request, "customers/contact_thanks.html")
