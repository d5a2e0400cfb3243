"""Everything that can be checked without running the tests: `make check`.

All checks run, also after a failure; the end says which failed.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from tools.throwaway import inherited, throwaway_settings

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
    Check("imports", command("lint-imports")),
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
        env = inherited() | throwaway_settings(Path(folder))
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
