"""The record as it is checked in: a change of a declaration is a diff that somebody reads."""

import json
from pathlib import Path

from django.conf import settings
from django.utils import translation

from privacy.record.article30 import as_data, snapshot
from privacy.record.writers import markdown


def files() -> dict[str, str]:
    """Return the snapshot's files, by name: the record in each language, and for machines."""
    found = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            found[f"record.{language}.md"] = markdown(snapshot())
    text = json.dumps(as_data(), ensure_ascii=False, indent=1, sort_keys=True)
    return found | {"record.json": text + "\n"}


def folder() -> Path:
    """Return where the snapshot is kept."""
    return Path(settings.BASE_DIR) / "docs" / "article30"


def write() -> None:
    """Write the snapshot's files."""
    folder().mkdir(exist_ok=True)
    for name, text in files().items():
        (folder() / name).write_text(text, encoding="utf-8")
