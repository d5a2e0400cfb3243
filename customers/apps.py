from importlib import import_module

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CustomersConfig(AppConfig):
    name = "customers"
    verbose_name = _("Customers")

    def ready(self) -> None:
        """Listen to what allauth says happened, once the models are there to write it in."""
        import_module("customers.history")
        import_module("customers.actions.sessions")
