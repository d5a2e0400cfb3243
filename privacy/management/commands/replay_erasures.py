"""After a restore from backup: bring the databases up to date with the erasure ledger."""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from privacy.purging.lost_keys import lost_keys
from privacy.purging.purge import Incomplete, purge
from smartsvar.audit.anchors import announce_restore
from smartsvar.clock import database_now
from smartsvar.shredding.ledger import BrokenLedger
from smartsvar.shredding.replay import accept, replay, verified
from smartsvar.shredding.standing import Standing, accept_ledger, standing

COMES_BACK = """\
What a backup brings back and no ledger can undo; look it over before you open:
- API keys that were revoked since, changed passwords, roles and second factors of before;
- mail that waited then and was sent since: it is sent again;
- search indexes of before a rotation of customers' keys: run rotate_keys --customers."""


class Command(BaseCommand):
    help = (
        "Destroy again what the erasure ledger says was destroyed, then purge what is due. Run it "
        "after every restore, while the service is down."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--dry-run", action="store_true", help="say what is wrong, touch nothing"
        )
        parser.add_argument(
            "--accept-older",
            action="store_true",
            help="take databases that stay older than the ledger as they are: what was written "
            "after the backup is given up, and its keys and audio are swept after a day",
        )

        parser.add_argument(
            "--accept-ledger",
            action="store_true",
            help="go on with a ledger that has lost something and cannot be restored: erasures "
            "that only the lost part knew of cannot be repeated",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        found = standing()
        self._say(found)
        if found.broken and options["accept_ledger"] and not options["dry_run"]:
            accept_ledger(found, database_now())
            self.stdout.write("Accepted: the ledger as it is.")
            found = standing()
            self._say(found)
        if found.broken:
            raise CommandError(
                "Restore the ledger first: nothing is destroyed on a broken one's word. If it is "
                "lost for good: --accept-ledger."
            )
        if not options["dry_run"]:
            self._replay(found)
            found = self._conclude(accept_older=options["accept_older"])
        if not found.sound:
            raise CommandError("The service will not start yet: see above.")

    def _say(self, found: Standing) -> None:
        for name, mark in found.marks._asdict().items():
            since = f"{mark.at:%Y-%m-%d %H:%M:%S} UTC" if mark.at else "never marked"
            self.stdout.write(f"{name:8} mark {mark.number:>8}  {since}")
        for sentence in found.sentences() or ["Databases and ledger agree."]:
            self.stdout.write(sentence)

    def _replay(self, found: Standing) -> None:
        at = database_now()
        try:
            names = verified()
        except BrokenLedger as error:
            raise CommandError(f"The erasure ledger is broken: {error}") from error
        self.stdout.write(f"{len(names)} batches of the ledger read, every chain whole.")
        rows = 0
        for number, batch in enumerate(replay(names, found, at), 1):
            rows += len(batch.rows)
            self.stdout.write(
                f"{number}/{len(found.behind)}  {batch.model}: {len(batch.rows)} destroyed again"
            )
        self.stdout.write(f"{rows} records of {len(found.behind)} batches destroyed again.")

    def _conclude(self, *, accept_older: bool) -> Standing:
        at = database_now()
        try:
            gone = purge(at)
        except Incomplete as error:
            raise CommandError(f"The purge failed for {error.args[0]}.") from error
        self.stdout.write(f"{sum(gone.values())} rows were due meanwhile and are purged.")
        for model, lost in lost_keys().items():
            self.stdout.write(
                f"{len(lost)} rows of {model} have no key: kept. A later backup of the key store "
                "opens them again."
            )
        found = standing()
        if found.marks.main_older or found.marks.keys_older:
            self.stdout.write(COMES_BACK)
        if accept_older:
            self._accept(found, at)
        elif found.marks.main_older or found.marks.keys_older:
            self.stdout.write(
                "Restore a later backup if there is one; else: replay_erasures --accept-older."
            )
        found = standing()
        self._say(found)
        return found

    def _accept(self, found: Standing, at: datetime) -> None:
        for loss in announce_restore(at):
            self.stdout.write(
                f"{loss.known - loss.kept} entries of the audit trail's chain {loss.chain} lost."
            )
        accept(found.marks, at)
        self.stdout.write("Accepted: what was written after the backup is given up.")
