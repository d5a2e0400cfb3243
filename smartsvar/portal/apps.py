from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "smartsvar.portal"
    label = "portal"
