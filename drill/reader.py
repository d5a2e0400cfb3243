"""Somebody who reads everything, over and over: `python -m drill.reader SURVEY`.

Holds what is read against the survey (JSON in a file); a line per round, a line per failure.
"""

import itertools
import json
import os
import sys
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "smartsvar.settings")
django.setup()

from django.apps import apps  # noqa: E402

from drill.reading import read_audio, read_row  # noqa: E402
from drill.survey import Survey  # noqa: E402
from recordings.models import Recording  # noqa: E402
from smartsvar.vault.rows import SealedModel  # noqa: E402


def sealed_models() -> list[type[SealedModel]]:
    return [model for model in apps.get_models() if issubclass(model, SealedModel)]


def read_round(known: Survey) -> list[str]:
    """Read every row and every audio; return what was not as it was."""
    failed = []
    for model in sealed_models():
        for row in model._base_manager.iterator():
            fact = read_row(row)
            if fact["says"] != known["rows"][str(row.pk)]["says"]:
                failed.append(f"{fact['model']} {row.pk}: {fact['error'] or 'says another thing'}")
    for recording in Recording._base_manager.iterator():
        heard = read_audio(recording)
        if heard != known["audio"][str(recording.pk)]:
            failed.append(f"audio {recording.pk}: {heard}")
    return failed


def main() -> None:
    known: Survey = json.loads(Path(sys.argv[1]).read_text())
    for number in itertools.count(1):
        for failure in read_round(known):
            print(f"FAILED {failure}", flush=True)
        print(f"round {number}", flush=True)


if __name__ == "__main__":
    main()
