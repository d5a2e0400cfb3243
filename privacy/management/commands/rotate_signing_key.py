"""Retire the key that signs receipts of deletion, and make another."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from privacy.receipts import keys
from smartsvar.clock import database_now
from smartsvar.vault.errors import VaultError


class Command(BaseCommand):
    help = (
        "Retire the key that signs receipts of deletion, destroy its private half, and make "
        "another. Receipts that it signed stay verifiable: its public half remains published."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            key = keys.rotate(database_now())
        except VaultError as error:
            raise CommandError(f"No new key could be made ({type(error).__name__}).") from error
        self.stdout.write(f"Key {key.name} signs from now on.")
