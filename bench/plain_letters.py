"""The floor of an export of messages: the same rows in plaintext, written as the same pages."""

import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from django.db import connection, models

from messages.models import PhoneMessage
from privacy.exports.facts import facts_of, written
from privacy.exports.selection import Portion
from privacy.exports.sheets import Sheets
from privacy.models import Export

ROWS = 500


class PlainLetter(models.Model):
    """The columns that an export of a message hands over, all in plaintext."""

    personal_data = None
    id = models.UUIDField(primary_key=True)
    taken_at = models.DateTimeField()
    received_at = models.DateTimeField()
    staff = models.UUIDField(null=True)
    caller_name = models.TextField()
    caller_company = models.TextField()
    caller_number = models.TextField()
    caller_email = models.TextField()
    called_number = models.TextField()
    matter = models.TextField()
    call_id = models.TextField()

    class Meta:
        app_label = "bench"
        managed = False
        db_table = "bench_plainletter"

    def __str__(self) -> str:
        return str(self.id)


@contextmanager
def copied(letters: list[PhoneMessage]) -> Iterator[None]:
    """Keep these messages in plaintext, too."""
    PlainLetter._meta.managed = True
    with connection.schema_editor() as editor:
        editor.create_model(PlainLetter)
    names = [f.attname for f in PlainLetter._meta.concrete_fields if f.name != "staff"]
    plain = (PlainLetter(**{name: getattr(row, name) for name in names}) for row in letters)
    PlainLetter._base_manager.bulk_create(plain, batch_size=1000)
    try:
        yield
    finally:
        with connection.schema_editor() as editor:
            editor.delete_model(PlainLetter)


def write(export: Export, target: Path) -> None:
    """Write the plaintext rows as JSON, CSV and HTML into a ZIP, as the export does."""
    said = PhoneMessage.personal_data
    portion = Portion(PhoneMessage, said, models.Q())
    sheets = Sheets(portion, export, {})
    last = UUID(int=0)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        rows: Any = PlainLetter._base_manager.order_by("id")
        while batch := list(rows.filter(id__gt=last)[:ROWS]):
            last = batch[-1].id
            for row in batch:
                facts = facts_of(row, said, portion.names)
                sheets.add(facts, written(facts))
            if sheets.full:
                _flush(sheets, archive)
        _flush(sheets, archive)


def _flush(sheets: Sheets, archive: zipfile.ZipFile) -> None:
    for name, text in sheets.flush():
        archive.writestr(name, text)
