"""Databases of a drill: made, backed up and put back, as an operator does it.

SQLite by its online backup; PostgreSQL by pg_dump and pg_restore. Copies of whole clusters are in
drill/clusters.py.
"""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import psycopg

BESIDE = ("", "-wal", "-shm", "-journal")  # the files of one SQLite database


class Databases(Protocol):
    """Where databases of one kind (main or keys) live; `name` is unique within a drill."""

    def make(self, name: str) -> str:
        """Make an empty database and return its URL."""
        ...

    def back_up(self, url: str, path: Path) -> None:
        """Write a backup of the database to `path`, while others may be using it."""

    def put_back(self, path: Path, name: str) -> str:
        """Make a database from a backup and return its URL."""
        ...

    def run_sql(self, url: str, statement: str) -> None:
        """Run a statement as an operator would, beside the application."""

    def raw_files(self, url: str) -> list[Path]:
        """Return the files that hold the database's rows now, its write-ahead log included."""
        ...


class SqliteFiles:
    """SQLite databases in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def make(self, name: str) -> str:
        return f"sqlite:///{quote(str(self._folder / f'{name}.sqlite3'))}"

    def back_up(self, url: str, path: Path) -> None:
        with closing(sqlite3.connect(_file(url))) as source, closing(sqlite3.connect(path)) as copy:
            source.backup(copy)

    def put_back(self, path: Path, name: str) -> str:
        url = self.make(name)
        for ending in BESIDE:
            Path(f"{_file(url)}{ending}").unlink(missing_ok=True)
        shutil.copyfile(path, _file(url))
        return url

    def run_sql(self, url: str, statement: str) -> None:
        with closing(sqlite3.connect(_file(url), timeout=20)) as connection, connection:
            connection.execute(statement)

    def raw_files(self, url: str) -> list[Path]:
        paths = [Path(f"{_file(url)}{ending}") for ending in BESIDE]
        return [path for path in paths if path.exists()]


def _file(url: str) -> Path:
    return Path(unquote(url.removeprefix("sqlite:///")))


class Cluster:
    """Databases in a running PostgreSQL cluster, owned by the application's role."""

    def __init__(self, url: str, *, programs: Path, data: Path) -> None:
        self._url, self._programs, self._data = url, programs, data

    def make(self, name: str) -> str:
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)'.encode())
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return urlunsplit(urlsplit(self._url)._replace(path=f"/{name}"))

    def back_up(self, url: str, path: Path) -> None:
        self._run("pg_dump", url, "--format=custom", "--compress=0", f"--file={path}")

    def put_back(self, path: Path, name: str) -> str:
        url = self.make(name)
        self._run("pg_restore", url, "--no-owner", "--exit-on-error", f"--dbname={name}", str(path))
        return url

    def dump_text(self, url: str, path: Path) -> None:
        """Write the database as SQL text."""
        self._run("pg_dump", url, "--format=plain", f"--file={path}")

    def run_sql(self, url: str, statement: str) -> None:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(statement.encode())

    def raw_files(self, url: str) -> list[Path]:
        with psycopg.connect(url) as connection:
            row = connection.execute(
                "SELECT oid FROM pg_database WHERE datname = current_database()"
            ).fetchone()
        folders = [self._data / "base" / str(row[0] if row else "-"), self._data / "pg_wal"]
        return [path for folder in folders for path in folder.rglob("*") if path.is_file()]

    def _run(self, program: str, url: str, *arguments: str) -> None:
        subprocess.run(
            [self._programs / program, *arguments], env=os.environ | variables(url), check=True
        )


def variables(url: str) -> dict[str, str]:
    """Return a URL as the variables of PostgreSQL's programs; an argument would be seen by all."""
    parts = urlsplit(url)
    return {
        "PGHOST": str(parts.hostname),
        "PGPORT": str(parts.port),
        "PGUSER": str(parts.username),
        "PGPASSWORD": unquote(str(parts.password)),
        "PGDATABASE": parts.path.lstrip("/"),
    }


def databases(kind: str, folder: Path) -> Databases:
    """Return the place of `main` or `keys` databases on the stack that runs."""
    if os.environ["TEST_STACK"] == "sqlite":
        return SqliteFiles(folder / kind)
    variable = {"main": "DATABASE_URL", "keys": "KEYS_DATABASE_URL"}[kind]
    return Cluster(
        os.environ[variable],
        programs=Path(os.environ["TEST_PG_BIN"]),
        data=Path(os.environ[f"TEST_PGDATA_{kind.upper()}"]),
    )
