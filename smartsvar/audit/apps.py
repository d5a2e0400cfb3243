from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "smartsvar.audit"
    label = "audit"
