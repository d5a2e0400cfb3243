"""A process inside an installation that takes one step after the other and answers each."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


class Failed(Exception):
    """Something inside an installation failed; the text shows the end of what it printed."""


class Session:
    """`python -m drill.inside`, from its first step until it is closed."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self._log = log
        answers, answer = os.pipe()
        with log.open("ab") as out:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "drill.inside", str(answer)],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=subprocess.STDOUT,
                pass_fds=[answer],
                text=True,
            )
        os.close(answer)
        self._answers = os.fdopen(answers)

    def step(self, name: str, *arguments: object) -> Any:
        """Take a step of drill/inside.py; return its answer. Raises Failed."""
        asked = self._process.stdin
        if asked is None:
            raise Failed(name)
        try:
            asked.write(json.dumps([name, *arguments]) + "\n")
            asked.flush()
            line = self._answers.readline()
        except BrokenPipeError:
            line = ""
        if not line:
            raise Failed(f"{name}: the process ended.\n{self._tail()}")
        answer = json.loads(line)
        if "error" in answer:
            raise Failed(f"{name}: {answer['error']}")
        return answer["answer"]

    def close(self) -> None:
        """End the process; what it held open is closed."""
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait(30)
        self._answers.close()

    def _tail(self) -> str:
        return "\n".join(self._log.read_text(errors="replace").splitlines()[-25:])
