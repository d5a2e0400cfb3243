from django.apps import AppConfig


class BackOfficeConfig(AppConfig):
    name = "smartsvar.back_office"
    label = "back_office"
