"""What is done with a recording that came: played with a trace, deleted for good."""

from datetime import datetime
from uuid import UUID

from django.http import Http404
from django.utils import timezone

from customers.models import ApiKey, Member, Scope, User
from recordings.listening import SESSION, note_listening, standing_grant
from recordings.models import Recording, State
from smartsvar.audit.actors import Acting
from smartsvar.audit.trail import record, record_once
from smartsvar.shredding.actions import shred
from smartsvar.vault.blobs import BlobReader
from smartsvar.vault.keys import open_key
from smartsvar.vault.storage import blob_store

FIELD = Recording.blob_field
PLAYED, DOWNLOADED = "recording.played", "recording.downloaded"  # what is heard, what is taken home


def may_listen(recording: Recording, *, by: Acting) -> bool:
    """Whether this actor may open the audio: members who are shown the call, keys with the scope.

    Support staff only under a grant of the customer's that is in force, superusers included.
    """
    if isinstance(by, User):
        return standing_grant(recording, by=by) is not None
    if isinstance(by, Member):
        return by.may_see(recording)
    if isinstance(by, ApiKey):
        return by.customer_id in {None, recording.customer_id} and by.allows(Scope.RECORDINGS_AUDIO)
    return False


def play_recording(
    recording: Recording, *, by: Acting, at: datetime, verb: str = PLAYED
) -> BlobReader:
    """Open a recording's audio for reading anywhere in it, and leave one trace per listening.

    `verb`: what the customer's own do with it, PLAYED or DOWNLOADED. The right is checked here,
    where the bytes are opened, and the key is read afresh. Raises Http404 for whoever may not,
    KeyLost, Tampered, RootUnreachable, WrongRoot, FileNotFoundError.
    """
    if not may_listen(recording, by=by):
        if isinstance(by, User):
            record("recording.refused", recording, by=by, customer_id=recording.customer_id, at=at)
        raise Http404
    key = open_key(recording.key_id, fresh=True).of(recording.customer_id)
    source = blob_store().open(recording.blob_name)
    reader = BlobReader(source, key, Recording._meta.label, FIELD, recording.pk)
    _leave_trace(reader, recording, by, at, verb)
    return reader


def _leave_trace(
    reader: BlobReader, recording: Recording, by: Acting, at: datetime, verb: str
) -> None:
    """Write down that it is listened to. Raises Http404 for a grant that ended this instant."""
    if not isinstance(by, User):
        _once(verb, recording, by, at)
        return
    grant = standing_grant(recording, by=by)
    if grant is None:
        reader.close()
        raise Http404
    note_listening(grant, recording, by=by, at=at)


def show_recording(recording: Recording, *, by: Acting, at: datetime) -> None:
    """Leave a trace that the call's facts were shown (once per half hour and actor)."""
    _once("recording.seen", recording, by, at)


def _once(verb: str, recording: Recording, by: Acting, at: datetime) -> None:
    customer = recording.customer_id
    record_once(verb, recording, by=by, customer_id=customer, at=at, within=SESSION)


def still_playable(recording_id: UUID, *, by: Acting) -> bool:
    """Whether this actor may still play the recording now: asked while a long answer streams.

    Everything is read again: the row, and the membership, key or grant that gave the right.
    """
    recording = Recording.objects.live().filter(id=recording_id, state=State.LIVE).first()
    if recording is None:
        return False
    fresh: Acting | None = None
    if isinstance(by, Member):
        fresh = Member.objects.filter(id=by.id, user__is_active=True).live().first()
    elif isinstance(by, ApiKey):
        fresh = ApiKey.objects.filter(id=by.id).usable(timezone.now()).first()
    elif isinstance(by, User):
        fresh = by  # whose grant and standing are read anew in any case
    return fresh is not None and may_listen(recording, by=fresh)


def delete_recording(recording: Recording, *, by: Acting) -> None:
    """Destroy a recording at the customer's request: key, bytes, row."""
    shred([recording], by=by)
