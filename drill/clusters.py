"""Copies of whole PostgreSQL clusters: taken by pg_basebackup, started as servers of their own."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGINT
from urllib.parse import urlsplit, urlunsplit

import psycopg

from drill.databases import variables
from smartsvar.demo.children import Child, free_ports, spawn, wait_until

KINDS = {"main": "TEST_PG_ADMIN_MAIN", "keys": "TEST_PG_ADMIN_KEYS"}


def take_copy(kind: str, folder: Path) -> Path:
    """Copy the cluster of `main` or `keys` as it stands; return the copy's data folder."""
    copy = folder / f"cluster-{kind}"
    command = [_program("pg_basebackup"), f"--pgdata={copy}", "--checkpoint=fast", "--no-sync"]
    subprocess.run(command, env=os.environ | variables(os.environ[KINDS[kind]]), check=True)
    return copy


@contextmanager
def started(copy: Path, url: str, *, logs: Path) -> Iterator[str]:
    """Run a server on a copy until the block ends; yield `url` with the server's own port.

    The copy is used up: a second restore needs a second copy.
    """
    (port,) = free_ports(1)
    account = _account()
    if account is not None:
        for path in (copy, *copy.rglob("*")):
            os.chown(path, account, account)
        for folder in (copy.parent, *copy.parent.parents[:1]):  # the account must get there
            folder.chmod(0o711)
    child = _spawn(copy, port, account, logs)
    parts = urlsplit(url)
    address = parts.netloc.rpartition(":")[0]
    own = urlunsplit(parts._replace(netloc=f"{address}:{port}"))
    try:
        wait_until(lambda: _answers(own), child, within=60)
        yield own
    finally:
        child.stop()
        shutil.rmtree(copy, ignore_errors=True)


def _spawn(copy: Path, port: int, account: int | None, logs: Path) -> Child:
    settings = ["listen_addresses=127.0.0.1", f"port={port}", "unix_socket_directories="]
    command = [_program("postgres"), "-D", str(copy)]
    for setting in settings:
        command += ["-c", setting]
    name = f"postgres-{copy.name}"
    return spawn(name, command, logs=logs, cwd=copy, user=account, stop_signal=SIGINT)


def _program(name: str) -> str:
    return str(Path(os.environ["TEST_PG_BIN"]) / name)


def _account() -> int | None:
    """The server refuses root."""
    return pwd.getpwnam("nobody").pw_uid if os.geteuid() == 0 else None


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


def recycle_wal(kind: str, times: int) -> None:
    """Have the cluster begin a new file of its write-ahead log and let go of the old ones."""
    with psycopg.connect(os.environ[KINDS[kind]], autocommit=True) as connection:
        for _ in range(times):
            connection.execute("SELECT pg_switch_wal()")
            connection.execute("CHECKPOINT")
