"""What an upload really is: format, duration and waveform, read from the content.

libsndfile reads through the sealed file, so probing sees exactly what will be played and no
plaintext touches the disk. Names and claimed types count for nothing.
"""

import base64
import struct
from typing import NamedTuple

import numpy as np
import soundfile

from smartsvar.vault.blobs import BlobReader

COLUMNS = 400  # of the waveform
BLOCK = 1 << 16  # frames read at a time
SLACK = 0.02  # how much shorter than its header an MP3 may decode: encoders pad
FORMATS = {
    "WAV": "wav",
    "WAVEX": "wav",
    "RF64": "wav",
    "MPEG": "mp3",
    "MP3": "mp3",
    "OGG": "ogg",
    "FLAC": "flac",
}
UNKNOWN_LENGTH = {0, 0xFFFFFFFF}  # what recorders write that stream without seeking back


class NotAudio(Exception):
    """The content is no audio that we take. The message says why."""


class Truncated(Exception):
    """The content claims a length that it has not."""


class TooLong(Exception):
    """The audio lasts longer than the limit."""


class Probed(NamedTuple):
    """format: wav, mp3, ogg or flac; duration in milliseconds; peaks: base64, a byte per column."""

    audio_format: str
    duration_ms: int
    peaks: str


def probe(blob: BlobReader, *, longest: int) -> Probed:
    """Decode the whole of a sealed upload, up to `longest` seconds.

    Decoding stops at the limit: a few megabytes of compressed silence can last for months. Raises
    NotAudio, Truncated, TooLong.
    """
    _check_riff_length(blob)
    blob.seek(0)
    try:
        with soundfile.SoundFile(blob) as sound:
            audio_format = FORMATS.get(sound.format)
            if audio_format is None:
                raise NotAudio("The format is not WAV, MP3, Ogg or FLAC.")
            claimed, rate = sound.frames, sound.samplerate
            frames, peaks = _measure(sound, longest * rate)
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise NotAudio("The content is not audio, or is damaged.") from error
    if frames == 0:
        raise NotAudio("The audio is empty.")
    if frames < claimed * (1 - SLACK):
        raise Truncated("The audio is shorter than its own header says.")
    return Probed(audio_format, frames * 1000 // rate, base64.b64encode(peaks).decode())


def _measure(sound: soundfile.SoundFile, limit: int) -> tuple[int, bytes]:
    """Decode everything; return how many frames there were and the peak of each column."""
    tops: list[int] = []
    frames = 0
    step = max(1, min(BLOCK, sound.frames // COLUMNS))
    # 16 bits are plenty for a drawing, and the extremes need no copy of the samples.
    while len(block := sound.read(BLOCK // step * step, dtype="int16", always_2d=True)):
        frames += len(block)
        if frames > limit:
            raise TooLong
        whole = len(block) // step * step
        for part in (
            block[:whole].reshape(-1, step * sound.channels),
            block[whole:].reshape(1, -1),
        ):
            if part.size:
                tops += np.maximum(part.max(axis=1), -1 - part.min(axis=1)).tolist()
    return frames, _columns(tops)


def _columns(tops: list[int]) -> bytes:
    """Return at most COLUMNS bytes: the square root of each peak, so that quiet speech shows."""
    if not tops:
        return b""
    parts = np.array_split(np.asarray(tops, dtype=np.float64), min(COLUMNS, len(tops)))
    peaks = np.array([part.max() for part in parts])
    return (np.sqrt(peaks / 32767) * 255).astype(np.uint8).tobytes()


def _check_riff_length(blob: BlobReader) -> None:
    """Refuse a WAV whose header claims more bytes than came (RIFF chunk size, little-endian)."""
    head = blob.read_range(0, 12)
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        return
    claimed = struct.unpack("<I", head[4:8])[0]
    if claimed not in UNKNOWN_LENGTH and claimed > blob.size - 8:
        raise Truncated("The WAV header claims more bytes than came.")
