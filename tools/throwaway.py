"""Production settings with secrets and folders that nobody keeps.

For what needs settings but no data: `python -m tools.throwaway manage.py makemigrations`, the
checks, the image's static files; the tests build on them.
"""

import base64
import os
import secrets
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path
from urllib.parse import quote

FOLDERS = ("STORAGE_DIR", "LEDGER_DIR", "ANCHOR_DIR", "SPOOL_DIR", "STATIC_ROOT", "VAR_DIR")


def throwaway_settings(folder: Path) -> dict[str, str]:
    """Every variable the settings require, over SQLite and disk below `folder`, nothing running."""
    return {name: str(folder / name.lower()) for name in FOLDERS} | {
        "DJANGO_SETTINGS_MODULE": "smartsvar.settings",
        "SECRET_KEY": secrets.token_urlsafe(60),
        "ROOT_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "INSTALLATION_ID": str(uuid.uuid4()),
        "PUBLIC_URL": "https://minasidor.example.se",
        "DATABASE_URL": f"sqlite:///{quote(str(folder / 'main.sqlite3'))}",
        "KEYS_DATABASE_URL": f"sqlite:///{quote(str(folder / 'keys.sqlite3'))}",
        "BROKER_URL": "redis://127.0.0.1:1/0",
        "CACHE_URL": "redis://127.0.0.1:1/1",
        "STORAGE": "disk",
        "EMAIL_URL": "smtp://127.0.0.1:1",
        "DEFAULT_FROM_EMAIL": "Smartsvar <noreply@example.se>",
        "HOSTING_COUNTRY": "SE",
        "STORAGE_COUNTRY": "SE",
        "MAIL_COUNTRY": "SE",
    }


def inherited() -> dict[str, str]:
    """The caller's environment without settings that are meant for another installation."""
    foreign = ("SMARTSVAR_DEMO", "LEDGER_BUCKET", "EXTRA_HOSTS")
    return {
        name: value
        for name, value in os.environ.items()
        if name not in foreign and not name.startswith(("S3_", "ROOT_", "OIDC_"))
    }


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="smartsvar-throwaway-") as folder:
        env = inherited() | throwaway_settings(Path(folder))
        if "STATIC_ROOT" in os.environ:  # the one result that may be kept
            env["STATIC_ROOT"] = os.environ["STATIC_ROOT"]
        return subprocess.run([sys.executable, *sys.argv[1:]], env=env).returncode


if __name__ == "__main__":
    sys.exit(main())
