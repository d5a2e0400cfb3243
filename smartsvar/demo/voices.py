"""Calls made by code: two voices of vowels and pauses, in the formats that PBXs send.

Nobody's speech: each syllable is a sum of harmonics under three formants.
"""

import io
from functools import cache
from random import Random
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile

Wave = npt.NDArray[np.float32]

RATE = 8000
# First three formants in Hz of a, e, i, o, u, å, ä, ö (rounded, Swedish long vowels).
FORMANTS = [
    (600, 950, 2500), (400, 2100, 2700), (290, 2200, 3000), (310, 720, 2300),
    (330, 1650, 2250), (400, 700, 2450), (550, 1750, 2550), (420, 1750, 2400),
]  # fmt: skip
PITCHES = (118.0, 205.0)  # Hz, of the two voices
KINDS: dict[str, tuple[str, str]] = {
    "wav": ("WAV", "PCM_16"),
    "alaw": ("WAV", "ALAW"),
    "ulaw": ("WAV", "ULAW"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
    "opus": ("OGG", "OPUS"),
    "flac": ("FLAC", "PCM_16"),
}


def make_call(seconds: float, kind: str, *, seed: int) -> bytes:
    """Return a conversation of this length as a sound file; both voices in one channel."""
    form, subtype = KINDS[kind]
    file = io.BytesIO()
    wave = conversation(seconds, Random(seed))  # noqa: S311
    soundfile.write(file, wave, RATE, format=form, subtype=subtype)
    return file.getvalue()


def conversation(seconds: float, chance: Random) -> Wave:
    """Return two voices that take turns, over the faint noise of a line."""
    frames = int(seconds * RATE)
    noise: Any = np.random.default_rng(chance.getrandbits(32))
    wave: Wave = noise.normal(0, 0.002, frames).astype(np.float32)
    place, voice = int(0.3 * RATE), 0
    while place < frames:
        place = _speak(wave, place, PITCHES[voice], chance) + _pause(chance, 0.25, 0.9)
        voice = 1 - voice
    return np.clip(wave, -1, 1)


def _speak(wave: Wave, place: int, pitch: float, chance: Random) -> int:
    """Add a turn of one voice from `place` on; return where it ended."""
    for _ in range(chance.randint(2, 9)):
        for _ in range(chance.randint(1, 4)):
            sound = _syllables(pitch)[chance.randrange(len(FORMANTS) * 3)]
            room = wave[place : place + len(sound)]
            room += sound[: len(room)] * np.float32(chance.uniform(0.5, 1))
            place += len(sound)
        place += _pause(chance, 0.04, 0.2)
    return place


def _pause(chance: Random, shortest: float, longest: float) -> int:
    return int(chance.uniform(shortest, longest) * RATE)


@cache
def _syllables(pitch: float) -> list[Wave]:
    """Each vowel short, middle and long, at slightly different pitches."""
    return [
        _syllable(pitch * bend, formants, seconds)
        for formants in FORMANTS
        for seconds, bend in ((0.09, 1.06), (0.14, 1.0), (0.22, 0.94))
    ]


def _syllable(pitch: float, formants: tuple[int, int, int], seconds: float) -> Wave:
    time = np.arange(int(seconds * RATE)) / RATE
    falling = 2 * np.pi * pitch * (time - 0.3 * time**2)
    harmonics = np.arange(1, int(RATE / 2 / pitch))
    loud = sum(
        strength / (1 + ((harmonics * pitch - formant) / width) ** 2)
        for formant, strength, width in zip(formants, (1, 0.5, 0.25), (90, 110, 170), strict=True)
    )
    wave = (np.sin(np.outer(harmonics, falling)) * np.asarray(loud)[:, None]).sum(axis=0)
    wave *= np.hanning(len(time)) ** 0.5
    shaped: Wave = (0.5 * wave / np.abs(wave).max()).astype(np.float32)
    return shaped
