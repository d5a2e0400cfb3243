from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SubprocessorsConfig(AppConfig):
    name = "subprocessors"
    verbose_name = _("Subprocessors")

    def ready(self) -> None:
        import_module("smartsvar.regions")
        import_module("subprocessors.coverage")
