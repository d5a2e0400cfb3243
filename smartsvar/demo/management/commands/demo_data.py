from typing import Any

from django.core.management.base import BaseCommand

from smartsvar.clock import database_now
from smartsvar.demo.data import fill


class Command(BaseCommand):
    help = (
        "Fill the demo with fictional customers, people, calls and messages. Twice changes nothing."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        fill(at=database_now())
