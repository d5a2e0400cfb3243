"""Print the table of every model and field with personal data; or write it, and the record."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.utils import translation

from privacy.documents import table
from privacy.exports.schema import document
from privacy.record import snapshot


class Command(BaseCommand):
    help = "Make the table of personal data from the declarations."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--write", action="store_true", help="write the tables in docs/")

    def handle(self, *args: Any, **options: Any) -> None:
        with translation.override("en"):
            text = table()
        if options["write"]:
            (settings.BASE_DIR / "docs" / "personal-data.md").write_text(text, encoding="utf-8")
            snapshot.write()
            published = settings.BASE_DIR / "docs" / "export-schema.json"
            published.write_text(document(), encoding="utf-8")
        else:
            self.stdout.write(text)
