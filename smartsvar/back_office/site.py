"""The admin site of support staff."""

from functools import update_wrapper
from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages as flash
from django.contrib.admin import AdminSite
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import URLPattern, URLResolver, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from smartsvar.back_office.refusals import record_refusal

# Passwords are django-allauth's matter; a redirect by any object's id would tell that it exists.
LEFT_OUT = {"password_change", "password_change_done", "view_on_site", "autocomplete"}
SECOND_FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


class SupportSite(AdminSite):
    """Signed in through django-allauth, staff only, with a second factor where settings ask for it.

    What a page refuses leaves a trace in the audit trail.
    """

    site_header = gettext_lazy("Smartsvar support")
    site_title = gettext_lazy("Smartsvar support")
    index_title = gettext_lazy("Customers and metadata")
    site_url = None

    def get_urls(self) -> list[URLPattern | URLResolver]:
        found: list[URLPattern | URLResolver] = super().get_urls()
        return [entry for entry in found if getattr(entry, "name", None) not in LEFT_OUT]

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """There is one way to sign in, and this is not it."""
        if not request.user.is_authenticated:
            wanted = request.GET.get(REDIRECT_FIELD_NAME) or reverse("admin:index")
            return redirect_to_login(wanted, reverse("account_login"))
        if not self.has_permission(request):
            raise PermissionDenied
        return redirect("admin:index")

    def logout(self, request: HttpRequest, extra_context: Any = None) -> Any:
        return redirect("account_logout")

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:  # noqa: FBT001, FBT002
        """Guard a page: Django's check for staff, the second factor, a trace of what is refused."""

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if lacks_second_factor(request):
                flash.warning(request, _("Support staff need a second factor. Set one up first."))
                return redirect("mfa_activate_totp")
            try:
                return view(request, *args, **kwargs)
            except PermissionDenied:
                record_refusal(request)
                raise

        return super().admin_view(update_wrapper(guarded, view), cacheable)

    def autocomplete_view(self, request: HttpRequest) -> HttpResponse:
        raise Http404


def lacks_second_factor(request: HttpRequest) -> bool:
    """Whether this support agent has yet to set up a second factor."""
    if not settings.SUPPORT_NEEDS_SECOND_FACTOR:
        return False
    return not is_mfa_enabled(request.user, types=SECOND_FACTORS)


support_site = SupportSite(name="admin")
