from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "smartsvar.demo"
    label = "demo"
