"""Every address of the service."""

from django.conf import settings
from django.urls import include, path
from django.views.i18n import set_language

from smartsvar.back_office.site import support_site

handler500 = "smartsvar.portal.trouble.failed"
handler429 = "smartsvar.portal.trouble.too_many"  # where django-allauth looks for it

urlpatterns = [
    path("", include("smartsvar.portal.urls")),
    path("", include("recordings.urls")),
    path("", include("messages.urls")),
    path("", include("customers.urls")),
    path("", include("privacy.urls")),
    path("", include("subprocessors.urls")),
    path("sprak/", set_language, name="set_language"),
    path("api/", include("smartsvar.api_urls")),
    # Not allauth.urls: its doors for other providers' sign-ins stay shut, there is one of our own.
    path("konto/", include("allauth.account.urls")),
    path("konto/2fa/", include("allauth.mfa.urls")),
    path("admin/", support_site.urls),
]

if settings.DEMO:
    urlpatterns += [path("", include("smartsvar.demo.urls"))]
