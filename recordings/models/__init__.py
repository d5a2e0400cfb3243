"""One module per concept; import the models from here."""

from recordings.models.grant import GrantKind, Listen, Listener, ListeningGrant
from recordings.models.recording import AudioFormat, Recording, RecordingQuerySet, State

__all__ = [
    "AudioFormat",
    "GrantKind",
    "Listen",
    "Listener",
    "ListeningGrant",
    "Recording",
    "RecordingQuerySet",
    "State",
]
