from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ShreddingConfig(AppConfig):
    name = "smartsvar.shredding"
    label = "shredding"
    verbose_name = _("Deletion")
