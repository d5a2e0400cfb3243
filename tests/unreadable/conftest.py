"""A root key that can be taken away, and the log."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as configured

from smartsvar.vault.keys import forget_keys


class RootFile:
    """The root key as a file on a medium that can be pulled out."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._key = configured.ROOT_KEY
        self.put_back()

    def put_back(self) -> None:
        self._path.write_text(self._key, encoding="ascii")

    def spoil(self, content: str) -> None:
        """Somebody writes something else into the file, and nothing of it is remembered."""
        self._path.write_text(content, encoding="utf-8")
        forget_keys()

    def take_away(self) -> None:
        """Nobody can read the root key any more, and nothing of it is remembered."""
        self._path.unlink()
        forget_keys()


@pytest.fixture
def root(settings: Any, tmp_path: Path) -> RootFile:
    """The service's root key, in a file."""
    file = RootFile(tmp_path / "root.key")
    settings.ROOT_KEY, settings.ROOT_KEY_FILE = "", str(tmp_path / "root.key")
    return file


@pytest.fixture
def log_lines(log: io.StringIO) -> Any:
    """Return a function: the log's lines as they are written, read back."""

    def found() -> list[dict[str, Any]]:
        return [json.loads(line) for line in log.getvalue().splitlines()]

    return found


@pytest.fixture
def alarms(log_lines: Any) -> Any:
    """Return a function: the log's lines that say that a record does not open."""
    return lambda: [line for line in log_lines() if line["event"] == "record does not open"]
