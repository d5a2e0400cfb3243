"""Destroy everything that is due now, or say what would be."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from privacy.purging.purge import preview
from privacy.purging.runs import run_purge
from smartsvar.clock import STOCKHOLM, database_now
from smartsvar.startup import UNREACHABLE, NotReady, refusal, require_ready


class Command(BaseCommand):
    help = "Destroy everything that is due now. With --dry-run: say what and why, touch nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="say what is due, and by which rule"
        )
        parser.add_argument("--at", help="a date or time to look from; for dry runs only")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["at"] and not options["dry_run"]:
            raise CommandError(
                "--at is for dry runs only: what is deleted is decided by the clock."
            )
        if options["dry_run"]:
            self._preview(_moment(options["at"]) if options["at"] else database_now())
            return
        try:
            require_ready()
        except NotReady as error:
            raise CommandError(refusal(error)) from error
        except UNREACHABLE as error:
            what = type(error).__name__
            raise CommandError(f"Something cannot be reached ({what}). Try again.") from error
        gone = run_purge(database_now())
        for model, count in gone.items():
            self.stdout.write(f"{count:8}  {model}")
        self.stdout.write(f"{sum(gone.values()):8}  rows destroyed")

    def _preview(self, at: datetime) -> None:
        self.stdout.write(f"Due at {timezone.localtime(at, STOCKHOLM):%Y-%m-%d %H:%M:%S %Z}:")
        for due in preview(at):
            since = f", oldest since {due.oldest:%Y-%m-%d %H:%M:%S}Z" if due.oldest else ""
            self.stdout.write(f"{due.rows:8}  {due.model}: {due.rule}{since}")


def _moment(text: str) -> datetime:
    try:
        moment = parse_datetime(text)
        day = None if moment else parse_date(text)
    except ValueError as error:
        raise CommandError(f"--at: {error}") from error
    if moment is None and day is not None:
        moment = datetime(day.year, day.month, day.day, tzinfo=STOCKHOLM)
    if moment is None:
        raise CommandError("--at takes a date (2027-01-31) or a time (2027-01-31T12:00).")
    return moment if timezone.is_aware(moment) else moment.replace(tzinfo=STOCKHOLM)
