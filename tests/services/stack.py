"""What a stack consists of, as the environment its command gets."""

import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from smartsvar.demo.children import Child, StartError, free_ports, spawn
from smartsvar.demo.sink import start_sink
from smartsvar.demo.valkey import start_valkey
from tests.services.browser import chromium
from tests.services.moto import open_kms, open_s3, spawn_moto
from tests.services.postgres import Installation
from tools.throwaway import FOLDERS, inherited, throwaway_settings

STACKS = ("sqlite", "postgres")


@contextmanager
def started(stack: str, *, durable: bool = False) -> Iterator[dict[str, str]]:
    """Run the services of `stack`, yield the environment for the command. Raises StartError."""
    with ExitStack() as cleanup:
        folder = _temporary_folder("services", cleanup)
        logs = folder / "logs"
        logs.mkdir()
        children: list[Child] = []
        cleanup.callback(_stop_all, children)
        env = _settings(folder) | {"TEST_STACK": stack, "TEST_SERVICE_LOGS": str(logs)}
        moto_port, *postgres_ports = free_ports(3)  # at once, or one might be given twice
        moto = spawn_moto(moto_port, logs=logs)  # starts while the others do
        children.append(moto)
        if stack == "postgres":
            env |= _start_postgres(postgres_ports, children, logs, cleanup, durable=durable)
        env |= _start_valkey_and_smtp(children, folder, logs)
        env |= open_kms(moto, moto_port)
        if stack == "postgres":
            env |= open_s3(moto, moto_port)
        env["CHROMIUM_PATH"] = chromium()
        _collect_static(env, logs)
        yield env


def _settings(folder: Path) -> dict[str, str]:
    """What every stack shares: production settings with throwaway secrets and folders."""
    settings = throwaway_settings(folder) | {"STATIC_COMPRESSION": "0"}
    for name in FOLDERS:
        Path(settings[name]).mkdir(mode=0o700)
    return settings


def _start_postgres(
    free: list[int], children: list[Child], logs: Path, cleanup: ExitStack, *, durable: bool
) -> dict[str, str]:
    # A folder of its own: as root, the account of the servers owns it.
    installation = Installation(_temporary_folder("postgres", cleanup))
    passwords = installation.initialise(["main", "keys"], logs=logs)
    ports = dict(zip(("main", "keys"), free, strict=True))
    servers = {
        name: installation.spawn_server(name, port, logs=logs, durable=durable)
        for name, port in ports.items()
    }
    children += servers.values()
    main, keys = (
        installation.open(server, name, ports[name], passwords[name])
        for name, server in servers.items()
    )
    return {
        "DATABASE_URL": main.url,
        "KEYS_DATABASE_URL": keys.url,
        "TEST_PGDATA_MAIN": str(main.data),
        "TEST_PGDATA_KEYS": str(keys.data),
        "TEST_PG_ADMIN_MAIN": main.admin_url,
        "TEST_PG_ADMIN_KEYS": keys.admin_url,
        "TEST_PG_BIN": str(installation.bin),
    }


def _start_valkey_and_smtp(children: list[Child], folder: Path, logs: Path) -> dict[str, str]:
    valkey, valkey_url = start_valkey(logs=logs, folder=folder)
    children.append(valkey)
    mail = folder / "mail"
    smtp, smtp_url = start_sink(mail, logs=logs)
    children.append(smtp)
    return {
        "BROKER_URL": f"{valkey_url}/0",
        "CACHE_URL": f"{valkey_url}/1",
        "EMAIL_URL": smtp_url,
        "TEST_VALKEY_URL": valkey_url,
        "TEST_SMTP_DIR": str(mail),
    }


def _collect_static(env: dict[str, str], logs: Path) -> None:
    """Pages need the manifest of static files, as in production."""
    command = [sys.executable, "manage.py", "collectstatic", "--noinput", "--verbosity=0"]
    child = spawn("collectstatic", command, logs=logs, env=inherited() | env)
    if child.process.wait(120):
        raise StartError(f"collectstatic failed:\n{child.log_tail()}")


def _temporary_folder(purpose: str, cleanup: ExitStack) -> Path:
    folder = Path(tempfile.mkdtemp(prefix=f"smartsvar-{purpose}-"))
    cleanup.callback(shutil.rmtree, folder, ignore_errors=True)
    return folder


def _stop_all(children: list[Child]) -> None:
    for child in reversed(children):
        child.stop()
