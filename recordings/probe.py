"""What an upload really is: format, duration and waveform, read from the content.

libsndfile reads through the sealed file, so probing sees exactly what will be played and no
plaintext touches the disk. Names and claimed types count for nothing.
"""

import base64
from typing import NamedTuple

import numpy as np
import soundfile

from recordings import mp3
from recordings.containers import is_cut
from smartsvar.vault.blobs import BlobReader

COLUMNS = 400  # of the waveform
BLOCK = 1 << 16  # samples read at a time, of all channels together
MOST_CHANNELS = 8
SLACK = 0.02  # how much shorter than its header audio may decode: encoders pad
MP3_SLACK = 2 * 1152  # an MP3's count may include the frame it stands in
FORMATS = {
    "WAV": "wav",
    "WAVEX": "wav",
    "RF64": "wav",
    "MPEG": "mp3",
    "MP3": "mp3",
    "OGG": "ogg",
    "FLAC": "flac",
}


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
    if is_cut(blob):
        raise Truncated("The file claims more bytes than came.")
    blob.seek(0)
    try:
        with soundfile.SoundFile(blob) as sound:
            audio_format, rate = _accept(sound), sound.samplerate
            if audio_format == "mp3":
                frames, tops = _read_mp3(blob, sound, longest * rate)
            else:
                frames, tops = _read(sound, longest * rate)
    except (soundfile.LibsndfileError, RuntimeError) as error:
        raise NotAudio("The content is not audio, or is damaged.") from error
    if frames == 0:
        raise NotAudio("The audio is empty.")
    peaks = base64.b64encode(_columns(tops)).decode()
    return Probed(audio_format, frames * 1000 // rate, peaks)


def _accept(sound: soundfile.SoundFile) -> str:
    """Return our name of the format. Raises NotAudio for those we do not take."""
    audio_format = FORMATS.get(sound.format)
    if audio_format is None:
        raise NotAudio("The format is not WAV, MP3, Ogg or FLAC.")
    if sound.channels > MOST_CHANNELS:
        raise NotAudio("The audio has more channels than any call.")
    return audio_format


def _read(sound: soundfile.SoundFile, limit: int) -> tuple[int, list[int]]:
    """Decode what has its length in its header; return its frames and peaks. Raises Truncated."""
    frames, tops = _measure(sound, limit)
    if frames < sound.frames * (1 - SLACK):
        raise Truncated("The audio is shorter than its own header says.")
    return frames, tops


def _read_mp3(blob: BlobReader, sound: soundfile.SoundFile, limit: int) -> tuple[int, list[int]]:
    """Decode an MP3, and count its frames: libsndfile only guesses a length that nobody wrote.

    Where it guesses too little it decodes too little: the rest is drawn as silence, in its place.
    Raises Truncated only for a count that the file gives itself.
    """
    counted = mp3.count(blob, limit=limit)
    if counted is not None and counted.samples > limit:
        raise TooLong
    frames, tops = _measure(sound, limit)
    if counted is None or frames == 0:
        return frames, tops
    if counted.claimed and counted.samples < counted.claimed * (1 - SLACK) - MP3_SLACK:
        raise Truncated("The audio is shorter than its own header says.")
    missing = max(0, counted.samples - frames)
    return frames + missing, tops + [0] * (len(tops) * missing // frames)


def _measure(sound: soundfile.SoundFile, limit: int) -> tuple[int, list[int]]:
    """Decode everything; return how many frames there were and the peaks, step by step."""
    tops: list[int] = []
    frames = 0
    block_size = BLOCK // sound.channels
    step = max(1, min(block_size, sound.frames // COLUMNS))
    # 16 bits are plenty for a drawing, and the extremes need no copy of the samples.
    while len(block := sound.read(block_size // step * step, dtype="int16", always_2d=True)):
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
    return frames, tops


def _columns(tops: list[int]) -> bytes:
    """Return at most COLUMNS bytes: the square root of each peak, so that quiet speech shows."""
    if not tops:
        return b""
    parts = np.array_split(np.asarray(tops, dtype=np.float64), min(COLUMNS, len(tops)))
    peaks = np.array([part.max() for part in parts])
    return (np.sqrt(peaks / 32767) * 255).astype(np.uint8).tobytes()
