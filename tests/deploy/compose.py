"""docker-compose.yml as the tests read it."""

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parent.parent.parent
TEXT = (ROOT / "docker-compose.yml").read_text()
DOCUMENT: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = DOCUMENT["services"]
OURS = {name: service for name, service in SERVICES.items() if service["image"] == "smartsvar"}
LASTING = {name: service for name, service in SERVICES.items() if service["restart"] != "no"}
VARIABLE = re.compile(r"(?<!\$)\$\{?(\w+)([^}]*)")


def variables() -> set[str]:
    return {match[1] for match in VARIABLE.finditer(TEXT)}
