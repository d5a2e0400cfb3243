"""The demo's environment: the settings' variables with every path below var/, secrets made once.

VAR_DIR names another folder than var/, for a second demo beside the first.
"""

import base64
import json
import os
import secrets
import uuid
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent.parent
VAR = Path(os.environ.get("VAR_DIR") or ROOT / "var").resolve()
MAIL = VAR / "mail"
LOGS = VAR / "logs"
RUN = VAR / "run"
SECRETS = VAR / "demo.env"
RUNNING = RUN / "environment.json"
FOLDERS = ("storage", "ledger", "anchors", "spool", "mail", "logs", "run")


def make_folders() -> None:
    """Make var/, closed to the machine's other users."""
    VAR.mkdir(mode=0o700, exist_ok=True)
    VAR.chmod(0o700)
    for name in FOLDERS:
        (VAR / name).mkdir(mode=0o700, exist_ok=True)


def kept_secrets() -> dict[str, str]:
    """The checkout's own secrets, from var/demo.env; made at the first call."""
    if not SECRETS.exists():
        _write_private(SECRETS, "".join(f"{k}={v}\n" for k, v in _new_secrets().items()))
    lines = SECRETS.read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line)


def _new_secrets() -> dict[str, str]:
    return {
        "SECRET_KEY": secrets.token_urlsafe(60),
        "ROOT_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "INSTALLATION_ID": str(uuid.uuid4()),
    }


def environment(*, port: int, valkey_url: str, smtp_url: str) -> dict[str, str]:
    """What the demo's processes get; written down for `smartsvar.demo.manage` too."""
    settings = kept_secrets() | {
        "SMARTSVAR_DEMO": "1",
        "DJANGO_SETTINGS_MODULE": "smartsvar.settings",
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "EXTRA_HOSTS": "localhost",
        "DATABASE_URL": f"sqlite:///{quote(str(VAR / 'main.sqlite3'))}",
        "KEYS_DATABASE_URL": f"sqlite:///{quote(str(VAR / 'keys.sqlite3'))}",
        "BROKER_URL": f"{valkey_url}/0",
        "CACHE_URL": f"{valkey_url}/1",
        "STORAGE": "disk",
        "STORAGE_DIR": str(VAR / "storage"),
        "LEDGER_DIR": str(VAR / "ledger"),
        "ANCHOR_DIR": str(VAR / "anchors"),
        "SPOOL_DIR": str(VAR / "spool"),
        "STATIC_ROOT": str(VAR / "static"),
        "STATIC_COMPRESSION": "0",
        "EMAIL_URL": smtp_url,
        "DEFAULT_FROM_EMAIL": "Smartsvar <noreply@example.se>",
        "VAR_DIR": str(VAR),
    }
    _write_private(RUNNING, json.dumps(settings, indent=1))
    return clean_environment() | settings


def clean_environment() -> dict[str, str]:
    """The caller's environment without settings that are meant for another installation."""
    foreign = ("SMARTSVAR_DEMO", "STATIC_ROOT", "LEDGER_BUCKET")
    return {
        name: value
        for name, value in os.environ.items()
        if name not in foreign and not name.startswith(("S3_", "ROOT_"))
    }


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
