"""Two deployments that migrate at once: one after the other."""

import os
import subprocess
import sys
from pathlib import Path

from drill.databases import databases
from tests.deploy.compose import ROOT

PROCESSES = 3


def test_empty_databases_that_several_migrate_at_once_are_migrated_once(tmp_path: Path) -> None:
    fresh = {
        variable: databases(kind, tmp_path).make("migrated_at_once")
        for variable, kind in (("DATABASE_URL", "main"), ("KEYS_DATABASE_URL", "keys"))
    }
    started = [
        subprocess.Popen(
            [sys.executable, "manage.py", "migrate_all"],
            cwd=ROOT, env=os.environ | fresh, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(PROCESSES)
    ]  # fmt: skip
    said = [process.communicate(timeout=300) for process in started]
    assert [process.returncode for process in started] == [0] * PROCESSES, said
    assert sum("Applying customers.0001_initial" in out for out, _ in said) == 1, said
