from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from customers.actions.keys import create_api_key
from customers.models import Scope
from smartsvar.audit.actors import SYSTEM
from smartsvar.clock import database_now

MOST_DAYS = 366


class Command(BaseCommand):
    help = "Make an API key that delivers for every customer. Its secret is printed once, here."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("label", help="the name of the system, not of a person")
        parser.add_argument("--scopes", nargs="+", choices=Scope.values, required=True)
        parser.add_argument(
            "--days", type=int, default=90, help="until it ends (default: %(default)s)"
        )

    def handle(self, *args: Any, label: str, scopes: list[str], days: int, **options: Any) -> None:
        if not 1 <= days <= MOST_DAYS:
            raise CommandError(f"--days: 1 to {MOST_DAYS}.")
        if not 1 <= len(label) <= 60:
            raise CommandError("label: 1 to 60 characters.")
        at = database_now()
        key, secret = create_api_key(None, label=label, scopes=scopes, days=days, by=SYSTEM, at=at)
        self.stderr.write(f"Key {key.prefix}, until {key.expires_at:%Y-%m-%d}. Shown this once:")
        self.stdout.write(secret)
