"""API keys: made, shown once, revoked."""

from uuid import UUID

from django.contrib import messages as flash
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from customers.access import administers, member_page
from customers.actions.keys import create_api_key, keys_of, revoke_api_key
from customers.forms.keys import KeyForm
from customers.models import Member
from smartsvar.clock import database_now


@require_safe
@member_page(may=administers, restricted=True)
def keys(request: HttpRequest, member: Member) -> HttpResponse:
    context = {"member": member, "keys": keys_of(member.customer), "now": database_now()}
    return render(request, "customers/keys.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(may=administers)
def key_add(request: HttpRequest, member: Member) -> HttpResponse:
    """The secret is in this one answer and nowhere else, so there is no redirect."""
    form = KeyForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        key, secret = create_api_key(
            member.customer, **form.cleaned_data, by=member, at=database_now()
        )
        return render(
            request, "customers/key_shown.html", {"member": member, "key": key, "secret": secret}
        )
    return render(request, "customers/key_form.html", {"member": member, "form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@member_page(may=administers, restricted=True)
def key_revoke(request: HttpRequest, member: Member, identity: UUID) -> HttpResponse:
    key = keys_of(member.customer).filter(id=identity, revoked_at=None).first()
    if key is None:
        raise Http404
    if request.method == "POST":
        revoke_api_key(key, by=member, at=database_now())
        flash.success(request, _("The key for %(label)s is revoked.") % {"label": key.label})
        return redirect("customers:keys", member.customer.number)
    return render(request, "customers/key_revoke.html", {"member": member, "key": key})
