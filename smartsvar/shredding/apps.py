from django.apps import AppConfig


class ShreddingConfig(AppConfig):
    name = "smartsvar.shredding"
    label = "shredding"
