"""Everything that can be checked without running the tests: `make check`.

All checks run, also after a failure; the end says which failed.
"""

import base64
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
COMPOSE = ROOT / "docker-compose.yml"

Environment = Mapping[str, str]


@dataclass(frozen=True)
class Check:
    name: str
    run: Callable[[Environment], bool]


def command(*words: str) -> Callable[[Environment], bool]:
    program = [str(BIN / words[0]), *words[1:]]
    return lambda env: subprocess.run(program, cwd=ROOT, env=env).returncode == 0


def production(folder: Path) -> Environment:
    """Settings as in production, with throwaway secrets and databases that nobody connects to."""
    names = ("STORAGE_DIR", "LEDGER_DIR", "ANCHOR_DIR", "SPOOL_DIR", "VAR_DIR", "STATIC_ROOT")
    inherited = {name: value for name, value in os.environ.items() if name != "SMARTSVAR_DEMO"}
    return (
        inherited
        | {name: str(folder / name.lower()) for name in names}
        | {
            "DJANGO_SETTINGS_MODULE": "smartsvar.settings",
            "SECRET_KEY": secrets.token_urlsafe(60),
            "ROOT_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
            "INSTALLATION_ID": str(uuid.uuid4()),
            "PUBLIC_URL": "https://minasidor.example.se",
            "DATABASE_URL": f"sqlite:///{folder}/main.sqlite3",
            "KEYS_DATABASE_URL": f"sqlite:///{folder}/keys.sqlite3",
            "BROKER_URL": "redis://127.0.0.1:1/0",
            "CACHE_URL": "redis://127.0.0.1:1/1",
            "STORAGE": "disk",
            "EMAIL_URL": "smtp://127.0.0.1:1",
            "DEFAULT_FROM_EMAIL": "Smartsvar <noreply@example.se>",
        }
    )


def compose_file(env: Environment) -> bool:
    """The compose client's judgement where there is one; else only the YAML, and it says so."""
    # Interpolation needs a value for each ${NAME:?}: its own name will do.
    text = COMPOSE.read_text()
    document = yaml.safe_load(text)
    given = dict(env) | {name: f"example-{name.lower()}" for name in example_variables()}
    for client in (["docker", "compose"], ["docker-compose"]):
        if not shutil.which(client[0]):
            continue
        if subprocess.run([*client, "version"], capture_output=True).returncode == 0:
            judged = [*client, "--file", str(COMPOSE), "config", "--quiet"]
            return subprocess.run(judged, cwd=ROOT, env=given).returncode == 0
    print(f"no compose client here: only parsed, {len(document['services'])} services")
    return True


def example_variables() -> list[str]:
    lines = (ROOT / ".env.example").read_text().splitlines()
    return [line.partition("=")[0] for line in lines if "=" in line and not line.startswith("#")]


CHECKS = [
    Check("format", command("ruff", "format", "--check", "--quiet", ".")),
    Check("lint", command("ruff", "check", "--quiet", ".")),
    Check("types", command("mypy", ".")),
    Check("imports", command("lint-imports", "--no-timings")),
    Check("Django's checks", command("python", "manage.py", "check")),
    Check(
        "Django's checks for production",
        command("python", "manage.py", "check", "--deploy", "--fail-level", "WARNING"),
    ),
    Check("migrations", command("python", "manage.py", "makemigrations", "--check", "--dry-run")),
    Check("translations", command("python", "-m", "tools.check_translations")),
    Check("compose file", compose_file),
]


def main() -> int:
    failed = []
    with tempfile.TemporaryDirectory(prefix="smartsvar-check-") as folder:
        env = production(Path(folder))
        for check in CHECKS:
            print(f"── {check.name}", flush=True)
            began = time.monotonic()
            if not check.run(env):
                failed.append(check.name)
            print(f"   {time.monotonic() - began:.1f} s", flush=True)
    print(f"\nFailed: {', '.join(failed)}" if failed else f"\nAll {len(CHECKS)} checks passed.")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
