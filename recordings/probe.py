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
FORMATS = {"WAV": "wav", "WAVEX": "wav", "RF64": "wav", "MPEG": "mp3", "MP3": "mp3", "OGG": "ogg", "FLAC": "flac"}
UNKNOWN_LENGTH = {0, 0xFFFFFFFF}  # what recorders write that stream without seeking back


class NotAudio(Exception):
    """The content is no audio that we take. The message says why."""


class Truncated(Exception):
    """The content claims a length that it has not."""


class Probed(NamedTuple):
    """format: wav, mp3, ogg or flac; duration in milliseconds; peaks: base64, a byte per column."""

    audio_format: str
    duration_ms: int
    peaks: str


def probe(blob: BlobReader) -> Probed:
    """Decode the whole of a sealed upload. Raises NotAudio, Truncated."""
    _check_riff_length(blob)
    blob.seek(0)
    try:
        with soundfile.SoundFile(blob) as sound:
            audio_format = FORMATS.get(sound.format)
            if audio_format is None:
                raise NotAudio("The format is not WAV, MP3, Ogg or FLAC.")
            claimed, rate = sound.frames, sound.samplerate
            frames, peaks = _measure(sound)
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise NotAudio("The content is not audio, or is damaged.") from error
    if frames == 0:
        raise NotAudio("The audio is empty.")
    if frames < claimed * (1 - SLACK):
        raise Truncated("The audio is shorter than its own header says.")
    return Probed(audio_format, frames * 1000 // rate, base64.b64encode(peaks).decode())


def _measure(sound: soundfile.SoundFile) -> tuple[int, bytes]:
    """Decode everything; return how many frames there were and the peak of each column."""
    tops: list[float] = []
    frames = 0
    step = max(1, min(BLOCK, sound.frames // COLUMNS if sound.frames < 1 << 62 else BLOCK))
    while len(block := sound.read(BLOCK // step * step or step, dtype="float32", always_2d=True)):
        frames += len(block)
        loud = np.abs(block).max(axis=1)
        whole = len(loud) // step * step
        tops += loud[:whole].reshape(-1, step).max(axis=1).tolist()
        if whole < len(loud):
            tops.append(float(loud[whole:].max()))
    return frames, _columns(np.asarray(tops, dtype=np.float32))


def _columns(tops: "np.ndarray[tuple[int], np.dtype[np.float32]]") -> bytes:
    if not len(tops):
        return b""
    parts = np.array_split(tops, min(COLUMNS, len(tops)))
    peaks = np.array([part.max() for part in parts])
    scaled = np.clip(np.sqrt(np.clip(peaks, 0, 1)) * 255, 0, 255)
    return scaled.astype(np.uint8).tobytes()


def _check_riff_length(blob: BlobReader) -> None:
    """Refuse a WAV whose header claims more bytes than came (RIFF chunk size, little-endian)."""
    head = blob.read_range(0, 12)
    if head[:4] != b"RIFF" or head[8:12] != b"WAVE":
        return
    claimed = struct.unpack("<I", head[4:8])[0]
    if claimed not in UNKNOWN_LENGTH and claimed > blob.size - 8:
        raise Truncated("The WAV header claims more bytes than came.")
