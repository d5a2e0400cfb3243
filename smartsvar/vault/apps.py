from django.apps import AppConfig
from django.db.models import UUIDField

from smartsvar.among import Among


class VaultConfig(AppConfig):
    name = "smartsvar.vault"
    label = "vault"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        UUIDField.register_lookup(Among)
