"""Fetching a part of a ready export: audited, and cut off when the right to it ends."""

from collections.abc import Iterator
from datetime import datetime

from customers.models import Member
from privacy.exports.archive import Archive
from privacy.exports.readers import fetchers_of
from privacy.models import Export, ExportState
from smartsvar.audit.trail import record
from smartsvar.clock import STOCKHOLM


def download(export: Export, part: int, *, by: Member, at: datetime) -> Iterator[bytes]:
    """Return the bytes of one part, made as they are read; the trail says that it was fetched.

    Iterating raises Broken (a ConnectionResetError) when the vault fails or the right ends.
    """
    record("export.downloaded", export, by=by, customer_id=export.customer_id, at=at)
    return iter(Archive(export, part, allowed=lambda: still_allowed(export, by)))


def still_allowed(export: Export, by: Member) -> bool:
    """Whether the export is there still, and the member one of those who may fetch it."""
    here = Export.objects.filter(id=export.id, state=ExportState.READY).timely().exists()
    return here and fetchers_of(export).filter(id=by.id).exists()


def file_name(export: Export, part: int) -> str:
    """Return what the file is called: a number and a day, no name of anybody."""
    day = (export.ready_at or export.asked_at).astimezone(STOCKHOLM)
    ending = f"-{part}" if export.parts > 1 else ""
    return f"smartsvar-export-{export.customer.number}-{day:%Y%m%d}{ending}.zip"
