"""Give customers new keys, or everything a new root key."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandError

from smartsvar.audit.actors import SYSTEM
from smartsvar.audit.trail import record_once
from smartsvar.clock import database_now
from smartsvar.startup import NotReady, require_ready
from smartsvar.unreadable import lives
from smartsvar.vault.errors import RootUnreachable
from smartsvar.vault.models import CustomerKey
from smartsvar.vault.roots.root import root_key
from smartsvar.vault.rotation.census import count_keys
from smartsvar.vault.rotation.root import rewrap_customer_keys
from smartsvar.vault.rotation.run import Run, make_final
from smartsvar.vault.rotation.steps import wait_seconds

EVER = timedelta(days=36500)
CHOOSE = """Say what to rotate:
  --status             count the keys: by root, by epoch, what is unfinished; changes nothing
  --root               wrap every customer's keys under the root that is configured now
  --customers          new keys for every customer
  --customer ID [ID …] new keys for these customers
  --finish             finish what was begun, begin nothing
Everything may be broken off anywhere and is finished by running it again; the service goes on
working meanwhile. Step by step: docs/deployment.md, Changing keys."""


class Command(BaseCommand):
    help = "Give customers new keys, or wrap everything under a new root key. Resumable."

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--status", action="store_true", help="count the keys, change nothing")
        what.add_argument("--root", action="store_true", help="wrap all under the current root")
        what.add_argument("--customers", action="store_true", help="new keys for every customer")
        what.add_argument("--customer", nargs="+", type=UUID, metavar="ID", help="for some")
        what.add_argument("--finish", action="store_true", help="finish what was begun")
        parser.add_argument(
            "--wait",
            type=float,
            metavar="SECONDS",
            help="how old new keys must be before the old ones go; less than the default"
            f" ({wait_seconds():.0f}) only while no web server and no worker runs",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["status"]:
            self._status()
            return
        rotating = options["customers"] or options["customer"] or options["finish"]
        if not (rotating or options["root"]):
            raise CommandError(CHOOSE)
        try:
            require_ready()
            if options["root"]:
                self._root()
            else:
                self._customers(options)
        except NotReady as error:
            raise CommandError(str(error)) from error
        except RootUnreachable as error:
            raise CommandError(f"{error} Nothing is lost: run this again.") from error

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()

    def _status(self) -> None:
        found = count_keys()
        self._say("Customer keys by root:")
        for name, count in found.roots.items():
            note = "  current" if name == found.current_root else ""
            note += "  NOT CONFIGURED" if name in found.missing else ""
            note += "  may be removed from the settings" if name in found.removable else ""
            self._say(f"{count:10,}  {name}{note}")
        self._say("Customer keys by epoch:")
        for epoch, count in found.epochs.items():
            self._say(f"{count:10,}  epoch {epoch}")
        self._say(f"{found.unfinished:10,}  customers with a rotation that is not finished")
        self._say(f"{found.behind:10,}  record keys under an old epoch")

    def _root(self) -> None:
        self._say(f"to the root {root_key().name}")
        found = rewrap_customer_keys(self._say)
        make_final(self._say)
        self._say(f"{found.done:,} customer keys moved; --status says which root may be removed")
        if found.failed:
            names = ", ".join(map(str, found.failed[:10]))
            raise CommandError(f"{len(found.failed)} customer keys do not open: {names}")

    def _customers(self, options: dict[str, Any]) -> None:
        wait = wait_seconds() if options["wait"] is None else options["wait"]
        run = Run(self._say, _witness, lives, wait=wait, only=options["customer"])
        if not options["finish"]:
            run.begin()
        run.finish()
        self._say(f"{len(run.finished):,} customers finished")
        if run.marked:
            self._say(
                f"{len(run.marked):,} customers' old index keys stay until the marks of their API"
                " requests expire, within 24 hours: then --finish"
            )
        if run.broken:
            lines = [f"  {customer}: {what}" for customer, what in run.broken.items()]
            raise CommandError("\n".join(["Not all could be done:", *lines]))


def _witness(key: CustomerKey) -> None:
    """Write the rotation into the customer's trail, once however often it is carried on."""
    record_once(
        "keys.rotated",
        key,
        by=SYSTEM,
        customer_id=key.customer_id,
        at=database_now(),
        within=EVER,
    )
