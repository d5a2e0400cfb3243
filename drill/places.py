"""Installations of a drill: each with databases, storage and ledger of its own."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from drill.databases import Databases, databases
from drill.session import ROOT, Failed, Session
from drill.shelves import Shelf, shelf
from drill.survey import Survey

VALKEY = range(40, 64, 2)  # numbers that neither the application nor the tests' workers use
PATIENCE = 300  # seconds for one command


@dataclass
class Place:
    """One installation. `settings` are those of the environment that are its own."""

    name: str
    main: str
    keys: str
    storage: Shelf
    ledger: Shelf
    settings: dict[str, str]
    logs: Path
    _sessions: list[Session] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """Everything that a process of this installation gets."""
        urls = {"DATABASE_URL": self.main, "KEYS_DATABASE_URL": self.keys}
        shelves = self.storage.settings | self.ledger.settings
        return os.environ | self.settings | urls | shelves

    def start(self, *arguments: str, log: Path | None = None) -> "subprocess.Popen[str]":
        """Start `python ARGUMENTS…` inside; its output goes to `log`, or can be read."""
        out: Any = log.open("a") if log else subprocess.PIPE
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environment,
            stdout=out,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run `python ARGUMENTS…` inside and wait; whoever asks judges the exit code."""
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE,
        )

    def manage(self, *arguments: str) -> str:
        """Run manage.py inside; return what it printed. Raises Failed."""
        outcome = self.run("manage.py", *arguments)
        if outcome.returncode:
            tail = "\n".join(outcome.stdout.splitlines()[-25:])
            raise Failed(f"{' '.join(arguments)}: exit {outcome.returncode}\n{tail}")
        return outcome.stdout

    def step(self, name: str, *arguments: object) -> Any:
        """Take a step of drill/inside.py, all in one process; return its answer. Raises Failed."""
        if not self._sessions:
            self._sessions.append(Session(self.environment, self.logs / "session.log"))
        return self._sessions[0].step(name, *arguments)

    def survey(self) -> Survey:
        """Read everything that this installation holds."""
        found: Survey = self.step("survey")
        return found

    def take_down(self) -> None:
        """End the process of the steps."""
        for session in self._sessions:
            session.close()
        self._sessions.clear()


class Grounds:
    """Where installations are put up. They share root key and installation id: one service."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.databases: dict[str, Databases] = {
            kind: databases(kind, folder) for kind in ("main", "keys")
        }
        self._tag = uuid4().hex[:8]
        self._places: list[Place] = []
        self.settings = {"INSTALLATION_ID": str(uuid4())}
        if valkey := os.environ.get("TEST_VALKEY_URL"):
            number = VALKEY[os.getpid() % len(VALKEY)]
            self.settings["BROKER_URL"] = f"{valkey}/{number}"
            self.settings["CACHE_URL"] = f"{valkey}/{number + 1}"

    def empty(self, name: str) -> Place:
        """Put up an installation with migrated, empty databases."""
        made = {kind: each.make(self.unique(name)) for kind, each in self.databases.items()}
        place = self.place(name, made["main"], made["keys"])
        place.step("migrate")
        return place

    def place(self, name: str, main: str, keys: str) -> Place:
        """Put up an installation on databases that are there."""
        own = {}
        for variable in ("ANCHOR_DIR", "SPOOL_DIR"):
            folder = self.folder / name / variable.lower()
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            own[variable] = str(folder)
        unique = self.unique(name)
        storage, ledger = (shelf(kind, unique, self.folder) for kind in ("storage", "ledger"))
        logs = self.folder / name / "logs"
        logs.mkdir(exist_ok=True)
        place = Place(name, main, keys, storage, ledger, self.settings | own, logs)
        self._places.append(place)
        return place

    def put_back(self, kind: str, backup: Path, name: str) -> str:
        """Restore a backup of `main` or `keys` as a database of its own; return its URL."""
        return self.databases[kind].put_back(backup, self.unique(name))

    def take_down(self) -> None:
        """End every process that the drill keeps."""
        for place in self._places:
            place.take_down()

    def unique(self, name: str) -> str:
        """Return a name that no other drill on the same services uses."""
        return f"drill_{self._tag}_{name}"


@contextmanager
def grounds() -> Iterator[Grounds]:
    """Yield grounds in a temporary folder; the databases end with the services."""
    with tempfile.TemporaryDirectory(prefix="smartsvar-drill-") as folder:
        ground = Grounds(Path(folder))
        try:
            yield ground
        finally:
            ground.take_down()
