"""The way in of a recording: a pending row, sealed from the first byte, live when it is whole."""

import errno
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import Q

from customers.actions.staff import registered
from customers.models import Customer, StaffMember
from recordings.models import Recording, State
from recordings.probe import Probed, probe
from smartsvar.audit.actors import SYSTEM, Acting
from smartsvar.audit.trail import record
from smartsvar.shredding.actions import shred
from smartsvar.shredding.models import Held, ShredJob
from smartsvar.vault.errors import VaultError
from smartsvar.vault.keys import open_key
from smartsvar.vault.storage import blob_store
from smartsvar.vault.stores.spool import SealingSpool

log = structlog.get_logger(__name__)

FIELD = Recording.blob_field
CLOCK_SLACK = timedelta(minutes=5)
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}  # no room: on the disk, for us, in one file
AUDIO_SLACK = timedelta(minutes=1)  # how much longer than the call its audio may be


class Refused(Exception):
    """An upload that cannot be taken: a stable code, the field, and what to do about it."""

    def __init__(self, code: str, field: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.field, self.detail = code, field, detail


class StorageFull(Exception):
    """There is no room for the upload."""


@dataclass(frozen=True, kw_only=True)
class CallFacts:
    """What the sender says of a call. Numbers are normalised; sha256 in hex, "" when not given."""

    started_at: datetime
    ended_at: datetime | None = None
    caller_name: str = ""
    caller_number: str = ""
    called_number: str = ""
    call_id: str = ""
    staff: StaffMember | None = None
    sha256: str = ""


class Upload:
    """An upload in flight: a pending row, its key, and a spool that seals what comes in."""

    def __init__(self, recording: Recording) -> None:
        self.recording = recording
        key = open_key(recording.key_id)
        limit = settings.RECORDING_MAX_BYTES
        self.spool = SealingSpool(key, Recording._meta.label, FIELD, recording.pk, limit=limit)
        self.digest = ""

    def write(self, data: bytes) -> None:
        """Seal more of the audio. Raises TooLarge, StorageFull."""
        try:
            self.spool.write(data)
        except OSError as error:
            raise _storage_error(error) from error

    def finish(self) -> None:
        """Seal the end. Raises StorageFull."""
        try:
            self.digest = self.spool.finish()
        except OSError as error:
            raise _storage_error(error) from error

    def abandon(self, *, by: Acting) -> None:
        """Leave nothing behind: no bytes, no key, no row."""
        self.spool.discard()
        _forget_pending(self.recording, by=by)


def _forget_pending(recording: Recording, *, by: Acting) -> None:
    """Destroy an upload that came to nothing; one that did become live stays.

    Where a hold keeps whatever the customer has, what was begun is purged when the hold has ended.
    """
    try:
        shred([recording], by=by, reason=ShredJob.Reason.ABANDONED, only=Q(state=State.PENDING))
    except Held:
        log.info("unfinished upload held", object=str(recording.id))


def _storage_error(error: OSError) -> Exception:
    return StorageFull() if error.errno in FULL else error


def begin_upload(customer: Customer, *, at: datetime) -> Upload:
    """Make a pending row and its key, so that the first byte is already sealed for the customer.

    A row that stays pending is destroyed after a day, like anything else that is due. Raises
    StorageFull.
    """
    recording = Recording(customer=customer, started_at=at, ended_at=at, received_at=at)
    recording.save(force_insert=True)
    try:
        return Upload(recording)
    except VaultError:
        _forget_pending(recording, by=SYSTEM)
        raise
    except OSError as error:
        _forget_pending(recording, by=SYSTEM)
        raise _storage_error(error) from error


def receive_recording(
    upload: Upload,
    facts: CallFacts,
    *,
    by: Acting,
    at: datetime,
    settle: Callable[[UUID], None] | None = None,
) -> Recording:
    """Check what came against what was said, store it, and make the call visible.

    Bytes first, then the row: a recording is never live without its bytes. `settle` is called with
    the id in the transaction that makes the call visible. Raises Refused, StorageFull, and
    recordings.probe's NotAudio, Truncated and TooLong; the caller then abandons the upload.
    """
    if upload.spool.size == 0:
        raise Refused("empty", "audio", "The audio is empty.")
    if facts.sha256 and facts.sha256.lower() != upload.digest:
        raise Refused("checksum_mismatch", "sha256", "The audio does not have this SHA-256.")
    with upload.spool.reader() as blob:
        found = probe(blob, longest=settings.RECORDING_MAX_SECONDS)
    recording = upload.recording
    _fill(recording, facts, found, upload)
    _check_times(recording, at)
    try:
        blob_store().put(recording.blob_name, upload.spool.path)
    except OSError as error:
        raise _storage_error(error) from error
    with transaction.atomic():
        # The customer may have shortened its retention while the audio came.
        recording.customer = Customer.objects.select_for_update(no_key=True).get(
            id=recording.customer_id
        )
        recording.staff = registered(recording.staff)
        recording.save()
        record("recording.received", recording, by=by, customer_id=recording.customer_id, at=at)
        if settle is not None:
            settle(recording.pk)
    return recording


def _fill(recording: Recording, facts: CallFacts, found: Probed, upload: Upload) -> None:
    recording.state = State.LIVE
    recording.started_at = facts.started_at
    length = timedelta(milliseconds=found.duration_ms)
    recording.ended_at = facts.ended_at or facts.started_at + length
    recording.size, recording.sha256 = upload.spool.size, upload.digest
    recording.duration_ms, recording.audio_format = found.duration_ms, found.audio_format
    recording.peaks = found.peaks
    recording.staff = facts.staff
    for name in ("caller_name", "caller_number", "called_number", "call_id"):
        setattr(recording, name, getattr(facts, name))


def _check_times(recording: Recording, at: datetime) -> None:
    """The call ended after it began and, but for clocks that differ, before it came to us.

    Audio may be shorter than its call (ringing, a pause in the recording), but hardly longer.
    """
    start, end = recording.started_at, recording.ended_at
    if end < start:
        raise Refused("ends_before_start", "ended_at", "The call ends before it begins.")
    if start > at + CLOCK_SLACK:
        raise Refused("in_the_future", "started_at", "The call begins in the future.")
    if timedelta(milliseconds=recording.duration_ms) > (end - start) * 1.1 + AUDIO_SLACK:
        raise Refused("longer_than_call", "ended_at", "The audio is longer than the call.")
    due = recording.derive_due()
    if due is not None and due <= at:
        raise Refused("already_due", "started_at", "The call is older than recordings are kept.")
