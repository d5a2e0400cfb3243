"""Everything an installation leaves anywhere, as bytes: for whoever looks for what must not be."""

import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import psycopg
import redis

from drill.databases import Cluster
from drill.places import Grounds, Place

Find = tuple[str, bytes]


def everything(ground: Grounds, place: Place) -> Iterator[Find]:
    """Yield (where, bytes) of databases, storage, ledger, anchors, spool, broker and logs."""
    for kind, url in (("main", place.main), ("keys", place.keys)):
        yield from _database(ground, kind, url)
    yield from (("storage", name.encode() + body) for name, body in place.storage.remains())
    yield from (("ledger", name.encode() + body) for name, body in place.ledger.remains())
    for variable in ("ANCHOR_DIR", "SPOOL_DIR"):
        yield from _folder(variable.lower(), Path(place.settings[variable]))
    yield from broker(place)
    yield from _folder("logs of our processes", place.logs)
    yield from _folder("logs of the services", Path(os.environ["TEST_SERVICE_LOGS"]))


def _folder(name: str, folder: Path) -> Iterator[Find]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield name, path.read_bytes()


def _database(ground: Grounds, kind: str, url: str) -> Iterator[Find]:
    """The files as they lie, after a checkpoint, and a dump in plain text."""
    database = ground.databases[kind]
    if isinstance(database, Cluster):
        with psycopg.connect(os.environ[f"TEST_PG_ADMIN_{kind.upper()}"]) as connection:
            connection.autocommit = True
            connection.execute("CHECKPOINT")
        data = Path(os.environ[f"TEST_PGDATA_{kind.upper()}"])
        paths = [path for path in data.rglob("*") if path.is_file()]
    else:
        paths = database.raw_files(url)
    for path in paths:
        try:
            yield f"files of {kind}", path.read_bytes()
        except FileNotFoundError:  # a file of the log that was recycled meanwhile
            continue
    yield f"dump of {kind}", _dump(database, url)


def _dump(database: Any, url: str) -> bytes:
    if isinstance(database, Cluster):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "dump.sql")
            database.dump_text(url, path)
            return path.read_bytes()
    with closing(sqlite3.connect(unquote(url.removeprefix("sqlite:///")))) as connection:
        return "\n".join(connection.iterdump()).encode()


def broker(place: Place) -> Iterator[Find]:
    """Yield every key and value of broker and cache, and the file that the server saves."""
    for variable in ("BROKER_URL", "CACHE_URL"):
        client = redis.Redis.from_url(place.settings[variable])
        for name in client.scan_iter():
            yield "broker", name + b"\n" + _value(client, name)
        client.close()
    yield "broker", _saved(place.settings["BROKER_URL"])


def _value(client: Any, name: bytes) -> bytes:
    match client.type(name):
        case b"string":
            return bytes(client.get(name) or b"")
        case b"list":
            return b"\n".join(client.lrange(name, 0, -1))
        case b"hash":
            return b"\n".join(part for pair in client.hgetall(name).items() for part in pair)
        case b"set":
            return b"\n".join(client.smembers(name))
        case b"zset":
            return b"\n".join(client.zrange(name, 0, -1))
        case other:
            raise ValueError(f"{name!r} is a {other!r}, which nobody has looked into")


def _saved(url: str) -> bytes:
    client: Any = redis.Redis.from_url(url, decode_responses=True)
    client.config_set("rdbcompression", "no")
    client.save()
    path = Path(client.config_get("dir")["dir"], client.config_get("dbfilename")["dbfilename"])
    body = path.read_bytes()
    path.unlink()
    return body


def mails() -> bytes:
    """Return the text of all mail that the SMTP server took, as a reader sees it."""
    texts = []
    for path in Path(os.environ["TEST_SMTP_DIR"]).glob("*.eml"):
        mail = message_from_bytes(path.read_bytes(), policy=policy.default)
        body = mail.get_body(("plain",))
        texts.append(f"{mail['subject']}\n{body.get_content() if body else ''}")
    return "\n".join(texts).replace("\r\n", "\n").encode()
